-- A user becomes a member: who knows the room already stays, a guest needs a place, and a buyer who had left comes
-- back, for whom a guest gives way. In the lobby, the room without a product, there are no members.
-- Outcomes: joined, already, NOT_FOUND, BANNED, ROOM_NOT_ACTIVE, ROOM_FULL, RATE_LIMITED (`waitMs`; `removed` where the host or
-- the service removed him), PLACE_NEEDED (with null as `p_online_users`: call again with who is online).
-- The parameters with defaults are unknown to the first version: it says nothing of accounts, and knows no lobby
-- without members, no RATE_LIMITED and no BANNED.
CREATE OR REPLACE FUNCTION chat.join_room(
  p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN, p_anonymous BOOLEAN DEFAULT NULL,
  p_visitor BOOLEAN DEFAULT false, p_share NUMERIC DEFAULT NULL, p_online_users TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  goal chat.rooms;
  m chat.members;
  d chat.departures;
  known BOOLEAN;
  since BIGINT;
  older BOOLEAN := p_anonymous IS NULL;
  anonymous BOOLEAN := coalesce(p_anonymous, chat.is_anonymous(p_user));
  wait_ms INTEGER;
  pause_ms INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN
    RETURN jsonb_build_object('outcome', CASE WHEN older THEN 'ROOM_FULL' ELSE 'BANNED' END);
  END IF;
  IF r.product_id IS NULL AND NOT older THEN RETURN chat.room_change('already', r, since, NULL); END IF;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.left_at IS NULL THEN
    RETURN chat.room_change('already', r, since, chat.participant_json(m, p_online));
  END IF;
  IF r.status <> 'ACTIVE' OR r.expires_at <= clock_timestamp() THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  SELECT * INTO d FROM chat.departures WHERE room_id = p_room AND user_id = p_user;
  IF FOUND THEN
    wait_ms := chat.change_wait_ms(d.changes, NULL);
    -- A buyer always gets in.
    pause_ms := CASE WHEN known OR d.rejoin_at IS NULL THEN 0
      ELSE greatest(0, ceil(extract(epoch FROM d.rejoin_at - clock_timestamp()) * 1000)) END;
    IF greatest(wait_ms, pause_ms) > 0 THEN
      RETURN CASE WHEN older THEN jsonb_build_object('outcome', 'ROOM_FULL')
        ELSE jsonb_build_object(
          'outcome', 'RATE_LIMITED', 'waitMs', greatest(wait_ms, pause_ms), 'removed', pause_ms > 0) END;
    END IF;
  END IF;
  -- Guests get in by the cap that is wanted, buyers by the one that holds: see lower_portion.
  goal := r;
  goal.max_participants := coalesce(r.cap_target, r.max_participants);
  IF NOT known AND (r.participant_count >= goal.max_participants
    OR anonymous AND r.anonymous_count >= chat.anonymous_places(goal, p_share)) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_FULL');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF p_online_users IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
    r := chat.give_way(r, 1, 'GAVE_WAY', p_online_users, false);
    IF r.participant_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
  END IF;
  INSERT INTO chat.members (room_id, user_id, nickname, tag, joined_seq, last_read_seq, last_read_chat_no, anonymous,
    seen_at, last_sent_at)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no, anonymous,
    CASE WHEN p_visitor THEN clock_timestamp() END, d.last_sent_at)
  ON CONFLICT (room_id, user_id) DO UPDATE
    SET left_at = NULL, nickname = p_nickname, tag = p_tag, joined_at = clock_timestamp(), joined_seq = r.last_seq + 1,
      last_read_seq = r.last_seq, last_read_chat_no = r.last_chat_no
  RETURNING * INTO m;
  r.participant_count := r.participant_count + 1;
  IF anonymous AND NOT known THEN r.anonymous_count := r.anonymous_count + 1; END IF;
  r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
    'participant', chat.participant_json(m, p_online),
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('joined', r, since, chat.participant_json(m, p_online));
END $$;

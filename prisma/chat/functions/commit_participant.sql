-- Records a purchase, or its withdrawal, as trade tells it. A buyer always gets in: a guest gives way, and a pause after
-- a removal and a ban end. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first version has four
-- parameters.
CREATE OR REPLACE FUNCTION chat.commit_participant(
  p_room TEXT, p_user TEXT, p_committed BOOLEAN, p_nickname TEXT, p_share NUMERIC DEFAULT NULL,
  p_online TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  known BOOLEAN;
  since BIGINT;
  portion CONSTANT INTEGER := 250;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.host THEN RETURN jsonb_build_object('outcome', 'SELLER_CANNOT_BUY'); END IF;
  IF (known AND m.committed) = p_committed THEN
    RETURN chat.room_change('same', r, since, CASE WHEN known THEN chat.participant_json(m, false) END);
  END IF;
  -- An end state that expiry gave is provisional: the purchase may have been waiting in trade's outbox.
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF r.status = 'CLOSED' AND NOT r.provisional AND p_committed THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF p_committed THEN
    IF r.committed_count >= coalesce(r.cap_target, r.max_participants) THEN
      RETURN jsonb_build_object('outcome', 'ROOM_FULL');
    END IF;
    IF r.restricted THEN r := chat.unban(r, p_user); END IF;
    IF NOT known THEN
      IF r.participant_count >= r.max_participants THEN
        IF p_online IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
        r := chat.give_way(r, 1, 'GAVE_WAY', p_online, false);
        IF r.participant_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
      END IF;
      INSERT INTO chat.members (room_id, user_id, nickname, joined_seq, last_read_seq, last_read_chat_no, anonymous,
        last_sent_at)
      VALUES (p_room, p_user, p_nickname, r.last_seq + 1, r.last_seq, r.last_chat_no, chat.is_anonymous(p_user),
        (SELECT d.last_sent_at FROM chat.departures d WHERE d.room_id = p_room AND d.user_id = p_user))
      RETURNING * INTO m;
      PERFORM chat.erase_late(p_user);
      r.participant_count := r.participant_count + 1;
      r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
        'participant', chat.participant_json(m, false),
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    IF known AND m.anonymous THEN r.anonymous_count := r.anonymous_count - 1; END IF;
    UPDATE chat.members SET committed = true, seen_at = NULL WHERE room_id = p_room AND user_id = p_user
    RETURNING * INTO m;
    UPDATE chat.departures SET rejoin_at = NULL
    WHERE room_id = p_room AND user_id = p_user AND rejoin_at IS NOT NULL;
    r.committed_count := r.committed_count + 1;
    r.last_seq := chat.add_system(r, 'participant.committed', m.nickname || ' bought', jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  ELSE
    IF m.anonymous AND m.left_at IS NULL AND r.status = 'ACTIVE' THEN
      -- He becomes a guest again, for whom there must be a place among those without an account.
      IF p_online IS NULL AND r.anonymous_count >= chat.anonymous_places(r, p_share) THEN
        RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
      END IF;
      r.anonymous_count := r.anonymous_count + 1;
    END IF;
    r.committed_count := r.committed_count - 1;
    IF m.left_at IS NOT NULL THEN
      DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
      m.committed := false;
    ELSE
      UPDATE chat.members SET committed = false WHERE room_id = p_room AND user_id = p_user RETURNING * INTO m;
    END IF;
    r.last_seq := chat.add_system(r, 'participant.uncommitted', m.nickname || ' withdrew', jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
    IF r.status = 'CLOSED' AND m.left_at IS NULL THEN
      -- A closed room keeps buyers only.
      PERFORM chat.note_departure(p_room, p_user, NULL, NULL, m.last_sent_at);
      DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
      r.participant_count := r.participant_count - 1;
      r.last_seq := chat.add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
        'participant', chat.participant_json(m, false), 'reason', 'NOT_A_BUYER',
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    IF r.status = 'ACTIVE' THEN
      r := chat.give_way(r, least(r.anonymous_count - chat.anonymous_places(r, p_share), portion),
        'GAVE_WAY', p_online, true);
    END IF;
  END IF;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change(
    CASE WHEN p_committed THEN 'committed' ELSE 'uncommitted' END, r, since, chat.participant_json(m, false));
END $$;

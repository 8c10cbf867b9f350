-- A user becomes a member: who knows the room already stays, a guest needs a place, and a buyer who had left comes
-- back, for whom the newest guest gives way. Outcomes: joined, already, NOT_FOUND, ROOM_NOT_ACTIVE, ROOM_FULL.
CREATE OR REPLACE FUNCTION chat.join_room(p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  known BOOLEAN;
  since BIGINT;
  way chat.rooms;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.left_at IS NULL THEN
    RETURN chat.room_change('already', r, since, chat.participant_json(m, p_online));
  END IF;
  IF r.status <> 'ACTIVE' OR r.expires_at <= clock_timestamp() THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF NOT known THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    PERFORM chat.lock_members(p_room);
    way := chat.remove_newest_guest(r, 'GAVE_WAY');
    IF way.room_id IS NULL THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    r := way;
  END IF;
  INSERT INTO chat.members (room_id, user_id, nickname, tag, joined_seq, last_read_seq, last_read_chat_no)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no)
  ON CONFLICT (room_id, user_id) DO UPDATE
    SET left_at = NULL, nickname = p_nickname, tag = p_tag, joined_at = clock_timestamp(), joined_seq = r.last_seq + 1,
      last_read_seq = r.last_seq, last_read_chat_no = r.last_chat_no
  RETURNING * INTO m;
  r.participant_count := r.participant_count + 1;
  r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
    'participant', chat.participant_json(m, p_online),
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('joined', r, since, chat.participant_json(m, p_online));
END $$;

-- Opens a room with its host and the SYSTEM message 1. The same opening again is 'same', another one 'conflict'.
CREATE OR REPLACE FUNCTION chat.open_room(
  p_room TEXT, p_product TEXT, p_title TEXT, p_host TEXT, p_host_nickname TEXT, p_max INTEGER, p_min INTEGER,
  p_expires TIMESTAMPTZ, p_opening JSONB
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  host_json JSONB := NULL;
BEGIN
  INSERT INTO chat.rooms (room_id, product_id, title, host_id, max_participants, min_participants, expires_at, opening)
  VALUES (p_room, p_product, p_title, p_host, p_max, p_min, p_expires, p_opening)
  ON CONFLICT (room_id) DO NOTHING RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM chat.rooms WHERE room_id = p_room;
    RETURN chat.room_change(CASE WHEN r.opening = p_opening THEN 'same' ELSE 'conflict' END, r, r.last_seq, NULL);
  END IF;
  IF p_host IS NOT NULL THEN
    INSERT INTO chat.members (room_id, user_id, nickname, host, joined_seq)
    VALUES (p_room, p_host, p_host_nickname, true, 1) RETURNING * INTO m;
    host_json := chat.participant_json(m, false);
    PERFORM chat.erase_late(p_host);
  END IF;
  r.last_seq := chat.add_system(r, 'room.opened', p_title || ' opened',
    jsonb_build_object('room', chat.room_json(r), 'participant', host_json));
  UPDATE chat.rooms SET last_seq = r.last_seq WHERE room_id = p_room;
  RETURN chat.room_change('created', r, 0, host_json);
END $$;

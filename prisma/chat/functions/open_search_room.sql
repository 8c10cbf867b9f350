-- How far a room is in the index of searches, and the key that its grams are made with: `p_key` where it has none yet. No
-- row for a room that is not there.
CREATE OR REPLACE FUNCTION chat.open_search_room(p_room TEXT, p_key BYTEA)
RETURNS TABLE (key BYTEA, indexed_seq BIGINT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT s.key, s.indexed_seq FROM chat.search_rooms s WHERE s.room_id = p_room;
  IF FOUND THEN RETURN; END IF;
  INSERT INTO chat.search_rooms (room_id, key, indexed_seq)
  SELECT r.room_id, p_key, 0 FROM chat.rooms r WHERE r.room_id = p_room
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT s.key, s.indexed_seq FROM chat.search_rooms s WHERE s.room_id = p_room;
END $$;

-- How far a room is in the index of searches, and the key that its grams are made with. `p_key_no` names the key of the room
-- that they are made by, and `p_key` is empty; or it is null, and they are made with a key of their own, which stands here:
-- `p_key` where the room is new. Where its grams are of another one, it is indexed anew from the start, and the old ones go
-- first, at most `p_limit` at a time: `more`, and nothing is to be indexed yet, as long as there are some. No row for a room
-- that is not there.
CREATE OR REPLACE FUNCTION chat.open_search_room(
  p_room TEXT, p_key BYTEA, p_key_no INTEGER DEFAULT NULL, p_limit INTEGER DEFAULT 5000
) RETURNS TABLE (key BYTEA, indexed_seq BIGINT, more BOOLEAN)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  s chat.search_rooms;
BEGIN
  SELECT * INTO s FROM chat.search_rooms t WHERE t.room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO chat.search_rooms (room_id, key, key_no, indexed_seq)
    SELECT r.room_id, p_key, p_key_no, 0 FROM chat.rooms r WHERE r.room_id = p_room
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT t.key, t.indexed_seq, false FROM chat.search_rooms t
      WHERE t.room_id = p_room AND t.key_no IS NOT DISTINCT FROM p_key_no;
    RETURN;
  END IF;
  IF s.key_no IS DISTINCT FROM p_key_no THEN
    UPDATE chat.search_rooms t SET key = p_key, key_no = p_key_no, indexed_seq = 0, renewed = true
    WHERE t.room_id = p_room RETURNING * INTO s;
  END IF;
  IF s.renewed THEN
    DELETE FROM chat.search_grams g WHERE g.room_id = p_room AND g.seq IN (
      SELECT o.seq FROM chat.search_grams o WHERE o.room_id = p_room ORDER BY o.seq LIMIT p_limit);
    IF NOT EXISTS (SELECT FROM chat.search_grams g WHERE g.room_id = p_room) THEN
      UPDATE chat.search_rooms t SET renewed = false WHERE t.room_id = p_room RETURNING * INTO s;
    END IF;
  END IF;
  RETURN QUERY SELECT s.key, s.indexed_seq, s.renewed;
END $$;

-- Removes restrictions that have run out, without a word, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_restrictions(p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  free_rooms TEXT[];
  gone INTEGER;
BEGIN
  -- Of rooms that somebody has locked they stay: he may be about to prolong one.
  SELECT array_agg(l.room_id) INTO free_rooms FROM (
    SELECT r.room_id FROM chat.rooms r
    WHERE r.room_id IN (
      SELECT x.room_id FROM chat.restrictions x WHERE x.until < clock_timestamp() ORDER BY x.until LIMIT p_limit)
    ORDER BY r.room_id FOR NO KEY UPDATE SKIP LOCKED) l;
  DELETE FROM chat.restrictions WHERE room_id = ANY (free_rooms) AND until < clock_timestamp();
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE chat.rooms r SET restricted = false WHERE r.room_id = ANY (free_rooms)
    AND NOT EXISTS (SELECT FROM chat.restrictions x WHERE x.room_id = r.room_id);
  RETURN gone;
END $$;

-- A room whose messages are not all sealed, and from where on: for `p_seconds` it is the caller's alone. `p_room`: the one that is
-- his already; null: any that is nobody's, and that nobody has locked, those first that were not tried, or longest ago: of rooms whose
-- key can't be opened there may be many. No row: there is none.
CREATE OR REPLACE FUNCTION chat.claim_clear_room(p_room TEXT, p_seconds INTEGER)
RETURNS TABLE (room_id TEXT, clear_from BIGINT, last_seq BIGINT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF p_room IS NULL THEN
    SELECT r.room_id INTO p_room FROM chat.rooms r
    WHERE r.clear_from IS NOT NULL AND (r.sealing_until IS NULL OR r.sealing_until < clock_timestamp())
    ORDER BY r.sealing_until NULLS FIRST LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  END IF;
  RETURN QUERY UPDATE chat.rooms r SET sealing_until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE r.room_id = p_room AND r.clear_from IS NOT NULL
    RETURNING r.room_id, r.clear_from, r.last_seq;
END $$;

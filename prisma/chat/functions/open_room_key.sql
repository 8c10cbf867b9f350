-- The key that texts of a room are sealed with: a new one (`p_sealed`, by the content key `p_key_id`) where it has none yet.
-- Numbers are never given twice, so a room that was removed and opened again has another one. Locks the room.
-- No row for a room that is not there; `p_gone`: also of such a one, for reports of it.
CREATE OR REPLACE FUNCTION chat.open_room_key(p_room TEXT, p_key_id TEXT, p_sealed BYTEA, p_gone BOOLEAN DEFAULT false)
RETURNS SETOF chat.room_keys
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  k chat.room_keys;
  room_key_no INTEGER;
  present BOOLEAN;
BEGIN
  SELECT r.key_no INTO room_key_no FROM chat.rooms r WHERE r.room_id = p_room FOR NO KEY UPDATE;
  present := FOUND;
  -- A statement of its own: one that waited for the lock sees the room as it is, and of other tables what was before.
  SELECT * INTO k FROM chat.room_keys o WHERE o.key_no = room_key_no;
  IF NOT present THEN
    IF NOT p_gone THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.room_keys:' || p_room, 0));
    SELECT * INTO k FROM chat.room_keys o WHERE o.room_id = p_room ORDER BY o.key_no DESC LIMIT 1;
  END IF;
  IF k.key_no IS NULL THEN
    INSERT INTO chat.room_keys (room_id, key_id, sealed) VALUES (p_room, p_key_id, p_sealed) RETURNING * INTO k;
    IF present THEN UPDATE chat.rooms SET key_no = k.key_no WHERE room_id = p_room; END IF;
  END IF;
  RETURN NEXT k;
END $$;

-- The messages of a room are sealed up to `p_to`, those before `p_from` were before. Nothing is noted where one is still clear,
-- or somebody else has been there. Locks the room.
CREATE OR REPLACE FUNCTION chat.note_sealed(p_room TEXT, p_from BIGINT, p_to BIGINT) RETURNS VOID
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
BEGIN
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = p_room AND r.clear_from = p_from FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (
    SELECT FROM chat.messages m WHERE m.room_id = p_room AND m.seq BETWEEN p_from AND p_to
      AND m.kind <> 'SYSTEM' AND m.key_no IS NULL AND m.deleted_at IS NULL) THEN
    RETURN;
  END IF;
  UPDATE chat.rooms r SET clear_from = CASE WHEN p_to < r.last_seq THEN p_to + 1 END WHERE r.room_id = p_room;
END $$;

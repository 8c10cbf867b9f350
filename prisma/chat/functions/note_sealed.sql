-- The messages of a room are sealed up to `p_to`, those before `p_from` were before: what is left of the room, the caller's alone for
-- another `p_seconds`. No row: nothing is left; or nothing was noted, as one is still clear, or somebody else has been there. Locks
-- the room. Not on disk as it ends, nor need it be: what a crash takes is looked at once more.
CREATE OR REPLACE FUNCTION chat.note_sealed(p_room TEXT, p_from BIGINT, p_to BIGINT, p_seconds INTEGER)
RETURNS TABLE (room_id TEXT, clear_from BIGINT, last_seq BIGINT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = p_room AND r.clear_from = p_from FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (
    SELECT FROM chat.messages m WHERE m.room_id = p_room AND m.seq BETWEEN p_from AND p_to
      AND m.kind <> 'SYSTEM' AND m.key_no IS NULL AND m.deleted_at IS NULL) THEN
    RETURN;
  END IF;
  RETURN QUERY WITH noted AS (
    UPDATE chat.rooms r SET clear_from = CASE WHEN p_to < r.last_seq THEN p_to + 1 END,
      sealing_until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE r.room_id = p_room
    RETURNING r.room_id, r.clear_from, r.last_seq)
  SELECT n.* FROM noted n WHERE n.clear_from IS NOT NULL;
END $$;

DROP FUNCTION chat.note_sealed(text,bigint,bigint);

-- CreateTable
CREATE TABLE "content_keys" (
    "key_id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,

    CONSTRAINT "content_keys_pkey" PRIMARY KEY ("key_id")
);

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

-- Puts sealed texts in the place of clear ones: of messages of a room, as they were when they were read (`p_versions`); one that
-- was changed meanwhile is left. Without the room's lock, so that nobody who talks waits: it writes what nobody else does.
-- Looked up one by one (`OFFSET 0`) and written by place alone: any other condition with an index, and the plan may read all of
-- a room of a million for each of them. Not on disk as it ends, nor need it be: what a crash takes is clear, and sealed once more.
CREATE OR REPLACE FUNCTION chat.seal_messages(
  p_room TEXT, p_key_no INTEGER, p_seqs BIGINT[], p_versions BIGINT[], p_contents TEXT[], p_datas TEXT[],
  p_signal_types TEXT[], p_attachments TEXT[]
) RETURNS VOID
LANGUAGE sql
SET enable_seqscan = off AS $$
  SELECT set_config('synchronous_commit', 'off', true);
  UPDATE chat.messages m SET content = s.content, data = s.data::jsonb, signal_type = s.signal_type,
    attachments = s.attachments::jsonb, key_no = p_key_no
  FROM (
    SELECT i.*, t.place
    FROM unnest(p_seqs, p_versions, p_contents, p_datas, p_signal_types, p_attachments)
      i (seq, version, content, data, signal_type, attachments)
    CROSS JOIN LATERAL (
      SELECT o.ctid AS place FROM chat.messages o WHERE o.room_id = p_room AND o.seq = i.seq OFFSET 0
    ) t OFFSET 0
  ) s
  WHERE m.ctid = s.place AND m.key_no IS NULL AND m.deleted_at IS NULL
    AND coalesce(m.version, m.seq) = s.version;
$$;

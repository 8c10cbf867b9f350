-- Puts sealed texts in the place of clear ones: of messages of a room, as they were when they were read (`p_versions`); one that
-- was changed meanwhile is left, and all are where `p_key_no` is not the room's: it was removed, and opened again. Without the room's lock, so that nobody who talks waits: it writes what nobody else does.
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
    AND coalesce(m.version, m.seq) = s.version
    AND EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = p_room AND r.key_no = p_key_no);
$$;

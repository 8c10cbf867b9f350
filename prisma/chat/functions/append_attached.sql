-- The append of a single message with files: that of all others (`append_noting`), and it takes its sender's uploads of the room along, in the order in which
-- they are named. ATTACHMENT_UNKNOWN: one of them is not there, not READY, another's or in a message already; then nothing is
-- stored. A retry is answered with what was stored the first time, whatever became of its files.
CREATE OR REPLACE FUNCTION chat.append_attached(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_notes TEXT, p_all BOOLEAN, p_uploads TEXT[],
  p_key_no INTEGER DEFAULT NULL, p_admin BOOLEAN DEFAULT false,
  OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT, OUT mentions TEXT[], OUT attachments JSONB
) LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  SELECT o.outcome, o.seq, o.chat_no, o.created_at, o.mentions INTO outcome, seq, chat_no, created_at, mentions
  FROM chat.append_noting(ARRAY[p_room], ARRAY[p_sender], ARRAY[p_nickname], ARRAY[p_tag], ARRAY[p_client_id],
    ARRAY[p_kind], ARRAY[p_content], ARRAY[p_reply_to], ARRAY[p_data], ARRAY[p_signal_type], ARRAY[p_notes],
    ARRAY[p_all], ARRAY[p_key_no], ARRAY[p_admin]) o;
  IF outcome <> 'stored' THEN RETURN; END IF;
  WITH taken AS (
    UPDATE chat.uploads u SET state = 'TAKEN', seq = append_attached.seq
    WHERE u.upload_id = ANY (p_uploads) AND u.room_id = p_room AND u.user_id = p_sender AND u.state = 'READY'
    RETURNING u.upload_id, u.attachment
  )
  SELECT jsonb_agg(t.attachment ORDER BY array_position(p_uploads, t.upload_id)) INTO attachments FROM taken t;
  IF coalesce(jsonb_array_length(attachments), 0) < cardinality(p_uploads) THEN
    RAISE EXCEPTION USING ERRCODE = 'GF001', MESSAGE = 'a file is not there';
  END IF;
  UPDATE chat.messages m SET attachments = append_attached.attachments
  WHERE m.room_id = p_room AND m.seq = append_attached.seq;
EXCEPTION WHEN SQLSTATE 'GF001' THEN
  outcome := 'ATTACHMENT_UNKNOWN';
  seq := NULL;
  chat_no := NULL;
  created_at := NULL;
  mentions := NULL;
  attachments := NULL;
END $$;

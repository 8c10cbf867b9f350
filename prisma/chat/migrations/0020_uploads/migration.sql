-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "attachments" JSONB;

-- CreateTable
CREATE TABLE "uploads" (
    "upload_id" TEXT NOT NULL,
    "room_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'PENDING',
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "attachment" JSONB,
    "seq" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "uploads_pkey" PRIMARY KEY ("upload_id")
);

-- CreateIndex
CREATE INDEX "uploads_user_id_created_at_idx" ON "uploads"("user_id", "created_at");

-- CreateIndex
CREATE INDEX "uploads_room_id_seq_idx" ON "uploads"("room_id", "seq");

-- CreateIndex
CREATE INDEX "uploads_state_created_at_idx" ON "uploads"("state", "created_at");

-- Notes a file that a member wants to upload, at most `p_per_hour` a user in an hour (0: any number). Outcomes: announced,
-- NOT_FOUND (no such room), NOT_A_MEMBER, BANNED, MUTED, ROOM_READ_ONLY, RATE_LIMITED (`waitMs` until the oldest counts no more).
-- A user's announcements wait for each other, so that the number is exact.
CREATE OR REPLACE FUNCTION chat.announce_upload(
  p_room TEXT, p_user TEXT, p_upload TEXT, p_name TEXT, p_type TEXT, p_bytes BIGINT, p_per_hour INTEGER
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  restriction TEXT;
  stamp TIMESTAMPTZ;
  counts_from TIMESTAMPTZ;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  IF p_per_hour > 0 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.uploads:' || p_user, 0));
    stamp := clock_timestamp();
    SELECT u.created_at INTO counts_from FROM chat.uploads u
    WHERE u.user_id = p_user AND u.created_at > stamp - interval '1 hour'
    ORDER BY u.created_at DESC OFFSET p_per_hour - 1 LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'RATE_LIMITED',
        'waitMs', ceil(extract(epoch FROM counts_from + interval '1 hour' - stamp) * 1000));
    END IF;
  END IF;
  INSERT INTO chat.uploads (upload_id, room_id, user_id, name, type, bytes)
  VALUES (p_upload, p_room, p_user, p_name, p_type, p_bytes);
  RETURN jsonb_build_object('outcome', 'announced');
END $$;

-- The append of a single message with files: that of all others (`append_noting`), and it takes its sender's uploads of the room along, in the order in which
-- they are named. ATTACHMENT_UNKNOWN: one of them is not there, not READY, another's or in a message already; then nothing is
-- stored. A retry is answered with what was stored the first time, whatever became of its files.
CREATE OR REPLACE FUNCTION chat.append_attached(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_notes TEXT, p_all BOOLEAN, p_uploads TEXT[],
  OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT, OUT mentions TEXT[], OUT attachments JSONB
) LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  SELECT o.outcome, o.seq, o.chat_no, o.created_at, o.mentions INTO outcome, seq, chat_no, created_at, mentions
  FROM chat.append_noting(ARRAY[p_room], ARRAY[p_sender], ARRAY[p_nickname], ARRAY[p_tag], ARRAY[p_client_id],
    ARRAY[p_kind], ARRAY[p_content], ARRAY[p_reply_to], ARRAY[p_data], ARRAY[p_signal_type], ARRAY[p_notes],
    ARRAY[p_all]) o;
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

-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer. `p_mentions` (a JSON array), `p_mentions_all`: of an edit, who is mentioned then; null: who was. To
-- mention all is for who presides: MENTIONS_ALL. `p_masked`: something in the text of an edit was.
CREATE OR REPLACE FUNCTION chat.change_message(
  p_room TEXT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN,
  p_content TEXT, p_if_version BIGINT, p_window_s INTEGER,
  p_mentions JSONB DEFAULT NULL, p_mentions_all BOOLEAN DEFAULT NULL, p_masked BOOLEAN DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  row_of_change chat.messages;
  present BOOLEAN;
  own BOOLEAN;
  presides BOOLEAN;
  restriction TEXT;
  mentioned TEXT[];
  stamp TIMESTAMPTZ(3);
  detail JSONB := '{}';
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  presides := p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false);
  present := chat.is_within(r, p_user);
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  own := coalesce(m.kind <> 'SYSTEM' AND m.sender_id IS NOT DISTINCT FROM p_user, false);
  -- Who has left may take back what he said, and that alone.
  IF NOT present AND (p_change = 'edited' OR NOT (own OR presides)) THEN
    RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER');
  END IF;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  -- Also who is muted may take back what he said.
  IF r.restricted AND p_change = 'edited' THEN
    restriction := chat.restriction_of(p_room, p_user);
    IF restriction IS NOT NULL THEN
      RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'MUTED' END);
    END IF;
  END IF;
  IF m.kind = 'SYSTEM' OR NOT own AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF m.deleted_at IS NOT NULL AND p_change = 'edited' THEN
    RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED');
  END IF;
  IF m.deleted_at IS NULL AND r.status = 'CANCELLED' AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY');
  END IF;
  IF p_change = 'edited' AND p_mentions_all AND NOT presides THEN
    RETURN jsonb_build_object('outcome', 'MENTIONS_ALL');
  END IF;
  IF p_change = 'edited' AND m.data IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
  -- As they will be, so that the same request once more changes nothing.
  mentioned := coalesce(CASE WHEN p_mentions IS NOT NULL THEN chat.mentionable(p_room, p_mentions) END, m.mentions, '{}');
  p_mentions_all := coalesce(p_mentions_all, m.mentions_all, false);
  IF p_change = 'edited' AND m.content = p_content AND mentioned = coalesce(m.mentions, '{}')
    AND p_mentions_all = coalesce(m.mentions_all, false) OR p_change = 'deleted' AND m.deleted_at IS NOT NULL THEN
    SELECT * INTO row_of_change FROM chat.messages t
    WHERE t.room_id = p_room AND t.seq = CASE WHEN p_change = 'edited' THEN m.edited_version ELSE m.version END;
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m),
      'row', CASE WHEN FOUND THEN chat.message_json(row_of_change) END);
  END IF;
  stamp := clock_timestamp();
  IF p_change = 'edited' THEN
    -- What others think of a message is no other text: a version since the last edit is as good as the newest.
    IF p_if_version NOT BETWEEN coalesce(m.edited_version, CASE WHEN m.edited_at IS NULL THEN m.seq ELSE m.version END)
      AND coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
    PERFORM chat.clear_mentions(m);
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp,
      edited_version = r.last_seq + 1, mentions = NULL, mentions_all = NULL,
      masked = nullif(p_masked, false)
    WHERE t.room_id = p_room AND t.seq = p_seq;
    PERFORM chat.set_mentions(p_room, p_seq, mentioned, p_mentions_all);
    SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  ELSE
    IF NOT own THEN
      PERFORM chat.note_moderation('message.deleted', p_room, m.sender_id, p_user, jsonb_build_object('seq', p_seq));
    END IF;
    PERFORM chat.clear_mentions(m);
    IF m.attachments IS NOT NULL THEN PERFORM chat.drop_files(p_room, p_seq); END IF;
    IF m.reactions IS NOT NULL THEN DELETE FROM chat.reactions q WHERE q.room_id = p_room AND q.seq = p_seq; END IF;
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL,
      masked = NULL, attachments = NULL, deleted_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
    DELETE FROM chat.search_grams t WHERE t.room_id = p_room AND t.seq = p_seq;
  END IF;
  IF p_change = 'deleted' AND m.room_id || ':' || m.seq = ANY (r.pinned) THEN
    UPDATE chat.rooms SET pinned = array_remove(r.pinned, m.room_id || ':' || m.seq) WHERE room_id = p_room
    RETURNING * INTO r;
    detail := jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  row_of_change := chat.add_change(r, p_seq, p_change, p_user, p_nickname, p_tag, detail, stamp);
  RETURN jsonb_build_object('outcome', 'changed', 'message', chat.message_json(m),
    'row', chat.message_json(row_of_change));
END $$;

-- Removes a room with its members, messages and what searches know of them. True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.mentions WHERE room_id = p_room;
  PERFORM chat.drop_files(p_room, NULL);
  DELETE FROM chat.reactions WHERE room_id = p_room;
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.search_grams WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- The files of a message (`p_seq`), or of a whole room (null), are to be removed: their names go at once.
CREATE OR REPLACE FUNCTION chat.drop_files(p_room TEXT, p_seq BIGINT) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET state = 'GONE', name = '', attachment = NULL
  WHERE u.room_id = p_room AND u.state <> 'GONE' AND (p_seq IS NULL OR u.seq = p_seq);
$$;

-- Gives up what nobody completed within an hour, and what no message took within a day, and forgets what has long been removed.
-- At most `p_limit` of each; whether there may be more. Waits for nobody.
CREATE OR REPLACE FUNCTION chat.expire_uploads(p_limit INTEGER) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
DECLARE
  stamp TIMESTAMPTZ := clock_timestamp();
  given_up INTEGER;
  forgotten INTEGER;
BEGIN
  WITH due AS (
    SELECT u.upload_id FROM chat.uploads u
    WHERE u.state = 'PENDING' AND u.created_at < stamp - interval '1 hour'
      OR u.state = 'READY' AND u.created_at < stamp - interval '1 day'
    LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  UPDATE chat.uploads u SET state = 'GONE', name = '', attachment = NULL FROM due WHERE u.upload_id = due.upload_id;
  GET DIAGNOSTICS given_up = ROW_COUNT;
  WITH due AS (
    SELECT u.upload_id FROM chat.uploads u
    WHERE u.state = 'GONE' AND u.removed_at IS NOT NULL AND u.created_at < stamp - interval '1 hour'
    LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  DELETE FROM chat.uploads u USING due WHERE u.upload_id = due.upload_id;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN greatest(given_up, forgotten) >= p_limit;
END $$;

-- A row of a room's sequence as store/rows.ts reads it. `change`: null but for a message that was changed or has files, and for a row of
-- change, whose target (`of`) is read where it is shown.
CREATE OR REPLACE FUNCTION chat.message_json(m chat.messages) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'signalType', m.signal_type,
    'createdAt', chat.iso(m.created_at), 'mentions', m.mentions, 'mentionsAll', m.mentions_all, 'masked', m.masked,
    'change', CASE WHEN m.version IS NOT NULL OR m.changes_seq IS NOT NULL OR m.attachments IS NOT NULL
      THEN jsonb_build_object(
      'version', m.version, 'editedAt', chat.iso(m.edited_at), 'deletedAt', chat.iso(m.deleted_at),
      'reactions', m.reactions, 'attachments', m.attachments, 'of', m.changes_seq) END);

-- DropIndex
DROP INDEX "reports_room_id_seq_reporter_id_key";

-- AlterTable
ALTER TABLE "reports" ADD COLUMN     "room_gone" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "reports_room_id_seq_idx" ON "reports"("room_id", "seq");

-- Removes a room with its members, messages, what searches know of them, and its key, which only reports of it
-- keep (`forget_reports`). True when there was one.
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
  DELETE FROM chat.authors WHERE room_id = p_room;
  DELETE FROM chat.author_fills WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  -- A room that is opened again by this id has other messages at the same places.
  PERFORM 1 FROM chat.reports p WHERE p.room_id = p_room AND NOT p.room_gone ORDER BY p.report_id FOR NO KEY UPDATE;
  UPDATE chat.reports p SET room_gone = true WHERE p.room_id = p_room AND NOT p.room_gone;
  -- Who has not read in it is nobody's matter any more; reports outlive it, and so do their events.
  UPDATE chat.webhook_events e SET user_ids = '{}' WHERE e.room_id = p_room AND e.user_ids <> '{}';
  DELETE FROM chat.room_keys k WHERE k.room_id = p_room AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = p_room);
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- The files of a message (`p_seq`), or of a whole room (null), are to be removed: their names go at once. Those of a message
-- that was reported are HELD, for who deals with reports alone, until no report of it is left (`expire_uploads`): one whose
-- copy names the file. A room that was removed, and opened again, has others at the same places.
CREATE OR REPLACE FUNCTION chat.drop_files(p_room TEXT, p_seq BIGINT) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET name = '', attachment = NULL,
    state = CASE WHEN EXISTS (SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq
        AND p.message -> 'attachments' @> jsonb_build_array(jsonb_build_object('id', u.upload_id)))
      THEN 'HELD' ELSE 'GONE' END
  WHERE u.room_id = p_room AND u.state NOT IN ('GONE', 'HELD') AND (p_seq IS NULL OR u.seq = p_seq);
$$;

-- Erases somebody from rows of a room, by their positions: what he said becomes as what was deleted, without a sender; rows that
-- tell of him, and messages that mention him, no longer name him. One row tells of it, of all alike (`messages.erased`).
-- Returns the room with that as its newest row; the caller holds its lock.
CREATE OR REPLACE FUNCTION chat.erase_rows(r chat.rooms, p_seqs BIGINT[], p_user TEXT, p_pseudonym TEXT)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT JSONB := jsonb_build_object('userId', p_pseudonym, 'nickname', '', 'tag', NULL);
  stamp CONSTANT TIMESTAMPTZ(3) := clock_timestamp();
  erased BIGINT[];
  mentioning BIGINT[];
  own BIGINT[];
  ids TEXT[];
  detail JSONB;
BEGIN
  SELECT array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user OR m.kind = 'SYSTEM'),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id IS DISTINCT FROM p_user AND m.kind <> 'SYSTEM')
  INTO own, erased, mentioning
  FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq = ANY (p_seqs);
  DELETE FROM chat.mentions n WHERE n.room_id = r.room_id AND (n.seq = ANY (own) OR n.user_id = p_user);
  DELETE FROM chat.reactions q WHERE q.room_id = r.room_id AND q.seq = ANY (own);
  DELETE FROM chat.search_grams g WHERE g.room_id = r.room_id AND g.seq = ANY (own);
  -- Copies of what he said go with it, and files that were held for them: not what another room of this id had at these places.
  DELETE FROM chat.reports p WHERE p.room_id = r.room_id AND p.seq = ANY (own) AND NOT p.room_gone;
  UPDATE chat.uploads u SET user_id = p_pseudonym, name = '', attachment = NULL, key_no = NULL, state = 'GONE'
  WHERE u.room_id = r.room_id AND u.seq = ANY (own) AND u.user_id = p_user;
  UPDATE chat.messages m SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1, edited_at = NULL,
    edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL, masked = NULL, attachments = NULL,
    deleted_at = coalesce(m.deleted_at, stamp), key_no = NULL, client_message_id = NULL,
    sender_id = p_pseudonym, sender_nickname = '', sender_tag = NULL
  WHERE m.room_id = r.room_id AND m.seq = ANY (own);
  UPDATE chat.messages m SET version = r.last_seq + 1, data = chat.unnamed_data(m.data, nobody),
    content = CASE WHEN o.nickname <> '' AND starts_with(m.content, o.nickname || ' ')
      THEN 'Somebody' || substr(m.content, length(o.nickname) + 1) ELSE m.content END
  FROM (SELECT t.seq, coalesce(t.data #>> '{participant,nickname}', t.data #>> '{user,nickname}',
      t.data #>> '{by,nickname}', '') AS nickname
    FROM chat.messages t WHERE t.room_id = r.room_id AND t.seq = ANY (erased) AND t.kind = 'SYSTEM') o
  WHERE m.room_id = r.room_id AND m.seq = o.seq;
  UPDATE chat.messages m SET version = r.last_seq + 1, mentions = nullif(array_remove(m.mentions, p_user), '{}')
  WHERE m.room_id = r.room_id AND m.seq = ANY (mentioning);
  ids := ARRAY(SELECT r.room_id || ':' || o.seq FROM unnest(own) o (seq));
  detail := jsonb_build_object('user', nobody, 'seqs', chat.ranges_of(erased))
    || CASE WHEN mentioning IS NULL THEN '{}' ELSE jsonb_build_object('mentions', chat.ranges_of(mentioning)) END;
  IF r.pinned && ids THEN
    r.pinned := ARRAY(SELECT p.id FROM unnest(r.pinned) WITH ORDINALITY p (id, n) WHERE p.id <> ALL (ids) ORDER BY p.n);
    UPDATE chat.rooms SET pinned = r.pinned WHERE room_id = r.room_id;
    detail := detail || jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', 'Messages of somebody were erased',
    jsonb_build_object('event', 'messages.erased') || detail, stamp);
  r.last_seq := r.last_seq + 1;
  RETURN r;
END $$;

-- Gives up what nobody completed within an hour, what no message took within a day, and what was held for reports that are
-- no more; and forgets what has long been removed. At most `p_limit` of each; whether there may be more. Waits for nobody.
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
      OR u.state = 'HELD' AND NOT EXISTS (
        SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq
          AND p.message -> 'attachments' @> jsonb_build_array(jsonb_build_object('id', u.upload_id)))
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

-- Reports a message, with a copy of it as it is: under the lock of the room, so that it is the whole one or none. The copy
-- names the message's files, whose bytes stay as long as it does (`drop_files`). Once a
-- user and message: the same again finds the first. Outcomes: created, same, NOT_FOUND (no such room), NOT_A_MEMBER, BANNED,
-- MESSAGE_NOT_FOUND, FORBIDDEN (a SYSTEM row, or an own message), MESSAGE_DELETED.
-- Texts of the copy are sealed as the message's are, by its `keyNo`; the note by `p_key_no` (STALE: not the room's any more).
CREATE OR REPLACE FUNCTION chat.report_message(p_room TEXT, p_seq BIGINT, p_user TEXT, p_reason TEXT, p_note TEXT,
  p_key_no INTEGER DEFAULT NULL)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  p chat.reports;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN
    RETURN jsonb_build_object('outcome', 'BANNED');
  END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  SELECT * INTO p FROM chat.reports o WHERE o.room_id = p_room AND o.seq = p_seq AND o.reporter_id = p_user AND NOT o.room_gone;
  IF FOUND THEN RETURN jsonb_build_object('outcome', 'same', 'report', chat.report_json(p)); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' OR m.sender_id = p_user THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_key_no <> coalesce(r.key_no, 0) THEN RETURN jsonb_build_object('outcome', 'STALE'); END IF;
  -- What is null in `data` is part of it.
  INSERT INTO chat.reports (room_id, seq, reporter_id, reason, note, key_no, message)
  VALUES (p_room, p_seq, p_user, p_reason, p_note, p_key_no, jsonb_build_object(
    'kind', m.kind, 'content', m.content, 'version', coalesce(m.version, m.seq), 'createdAt', chat.iso(m.created_at),
    'clientMessageId', m.client_message_id,
    'sender', CASE WHEN m.sender_id IS NOT NULL THEN jsonb_build_object(
      'userId', m.sender_id, 'nickname', m.sender_nickname, 'tag', m.sender_tag) END)
    || CASE WHEN m.key_no IS NULL THEN '{}' ELSE jsonb_build_object('keyNo', m.key_no) END
    || CASE WHEN m.data IS NULL THEN '{}' ELSE jsonb_build_object('data', m.data) END
    || CASE WHEN m.edited_at IS NULL THEN '{}' ELSE jsonb_build_object('editedAt', chat.iso(m.edited_at)) END
    || CASE WHEN m.attachments IS NULL THEN '{}' ELSE jsonb_build_object('attachments', m.attachments) END)
  RETURNING * INTO p;
  IF chat.wants_event('report.created') THEN
    -- No text, and nobody's id: who reported whom is read from the report, as long as there is one.
    INSERT INTO chat.webhook_events (room_id, type, report_id, data)
    VALUES (p_room, 'report.created', p.report_id, jsonb_build_object('reportId', p.report_id::TEXT, 'productId', r.product_id,
      'seq', p_seq, 'reason', p_reason, 'createdAt', chat.iso(p.created_at)));
  END IF;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
END $$;

-- Once a message and reporter of the rooms that are there.
CREATE UNIQUE INDEX "reports_room_id_seq_reporter_id_key" ON "reports" ("room_id", "seq", "reporter_id") WHERE NOT "room_gone";

UPDATE chat.reports p SET room_gone = true WHERE NOT EXISTS (
  SELECT FROM chat.rooms r WHERE r.room_id = p.room_id AND r.created_at <= p.created_at);

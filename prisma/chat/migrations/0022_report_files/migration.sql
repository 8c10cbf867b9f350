-- The files of a message (`p_seq`), or of a whole room (null), are to be removed: their names go at once. Those of a message
-- that was reported are HELD, for who deals with reports alone, until no report of it is left (`expire_uploads`).
CREATE OR REPLACE FUNCTION chat.drop_files(p_room TEXT, p_seq BIGINT) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET name = '', attachment = NULL,
    state = CASE WHEN EXISTS (SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq)
      THEN 'HELD' ELSE 'GONE' END
  WHERE u.room_id = p_room AND u.state NOT IN ('GONE', 'HELD') AND (p_seq IS NULL OR u.seq = p_seq);
$$;

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
        SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq)
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
CREATE OR REPLACE FUNCTION chat.report_message(p_room TEXT, p_seq BIGINT, p_user TEXT, p_reason TEXT, p_note TEXT)
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
  SELECT * INTO p FROM chat.reports o WHERE o.room_id = p_room AND o.seq = p_seq AND o.reporter_id = p_user;
  IF FOUND THEN RETURN jsonb_build_object('outcome', 'same', 'report', chat.report_json(p)); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' OR m.sender_id = p_user THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  -- What is null in `data` is part of it.
  INSERT INTO chat.reports (room_id, seq, reporter_id, reason, note, message)
  VALUES (p_room, p_seq, p_user, p_reason, p_note, jsonb_build_object(
    'kind', m.kind, 'content', m.content, 'version', coalesce(m.version, m.seq), 'createdAt', chat.iso(m.created_at),
    'sender', CASE WHEN m.sender_id IS NOT NULL THEN jsonb_build_object(
      'userId', m.sender_id, 'nickname', m.sender_nickname, 'tag', m.sender_tag) END)
    || CASE WHEN m.data IS NULL THEN '{}' ELSE jsonb_build_object('data', m.data) END
    || CASE WHEN m.edited_at IS NULL THEN '{}' ELSE jsonb_build_object('editedAt', chat.iso(m.edited_at)) END
    || CASE WHEN m.attachments IS NULL THEN '{}' ELSE jsonb_build_object('attachments', m.attachments) END)
  RETURNING * INTO p;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
END $$;

-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `content` is that of the newest message that stands, or what its
-- files are called, where texts are told; who may not be in the room any more is told nothing.
CREATE OR REPLACE FUNCTION chat.take_absent(p_rooms TEXT[], p_after_s INTEGER, p_text BOOLEAN, p_limit INTEGER)
RETURNS TABLE (room_id TEXT, title TEXT, unread BIGINT, endpoint TEXT, p256dh TEXT, auth TEXT, sender TEXT, content TEXT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH old AS MATERIALIZED (
    SELECT r.room_id, r.title, r.last_chat_no, r.clearing, o.chat_no FROM chat.rooms r
    CROSS JOIN LATERAL (
      -- From the newest back: what is younger is passed over, and not more.
      SELECT m.chat_no FROM chat.messages m
      WHERE m.room_id = r.room_id AND m.created_at <= clock_timestamp() - p_after_s * interval '1 second'
      ORDER BY m.seq DESC LIMIT 1
    ) o
    WHERE r.room_id = ANY (p_rooms) AND EXISTS (SELECT FROM chat.push_subscriptions s WHERE s.room_id = r.room_id)
  ), due AS MATERIALIZED (
    SELECT s.room_id, s.user_id, s.device_id, o.title, o.last_chat_no, b.last_read_chat_no
    FROM old o
    JOIN chat.push_subscriptions s ON s.room_id = o.room_id
    JOIN chat.members b ON b.room_id = s.room_id AND b.user_id = s.user_id
    WHERE b.last_read_chat_no < o.chat_no AND (s.told_read_chat_no IS NULL OR s.told_read_chat_no < b.last_read_chat_no)
      AND chat.is_present(b.left_at) AND (NOT o.clearing OR b.host OR b.committed)
    ORDER BY s.room_id, s.user_id, s.device_id
    LIMIT p_limit
    FOR UPDATE OF s SKIP LOCKED
  ), told AS (
    UPDATE chat.push_subscriptions s SET told_read_chat_no = d.last_read_chat_no
    FROM due d WHERE s.room_id = d.room_id AND s.user_id = d.user_id AND s.device_id = d.device_id
    RETURNING s.room_id, d.title, d.last_chat_no - d.last_read_chat_no AS unread, s.endpoint, s.p256dh, s.auth
  ), newest AS (
    SELECT o.room_id, m.sender_nickname, m.content FROM old o
    CROSS JOIN LATERAL (
      SELECT m.sender_nickname, coalesce(nullif(m.content, ''), (
        SELECT string_agg(f.file ->> 'name', ', ' ORDER BY f.n)
        FROM jsonb_array_elements(m.attachments) WITH ORDINALITY AS f (file, n)), '') AS content
      FROM chat.messages m
      WHERE m.room_id = o.room_id AND m.kind <> 'SYSTEM' AND m.deleted_at IS NULL
      ORDER BY m.seq DESC LIMIT 1
    ) m
    WHERE p_text
  )
  SELECT t.room_id, t.title, t.unread, t.endpoint, t.p256dh, t.auth, n.sender_nickname, n.content
  FROM told t LEFT JOIN newest n ON n.room_id = t.room_id;
END $$;

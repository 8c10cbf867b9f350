-- The `type` that a client of `/room` gave to a message, for the clients of that URL; nobody else is shown it.
ALTER TABLE "messages" ADD COLUMN "signal_type" TEXT;

CREATE OR REPLACE FUNCTION "message_json"(m "messages") RETURNS JSONB LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'signalType', m.signal_type,
    'createdAt', iso(m.created_at));

-- One parameter more than before, and it has a default: instances of the version before call it with nine.
DROP FUNCTION "append_messages"(TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], TEXT[], BIGINT[], TEXT[]);
CREATE FUNCTION "append_messages"(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql SET lock_timeout = '500ms' SET enable_seqscan = off AS $$
-- Without sequential scans: a plan made while the tables were small is kept by its connection, and reading a whole table
-- for each message is what it would do when they have grown.
#variable_conflict use_column
DECLARE stamp TIMESTAMPTZ(3);
BEGIN
  PERFORM 1 FROM rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM 1 FROM members m JOIN unnest(p_rooms, p_senders) i (room_id, user_id)
    ON m.room_id = i.room_id AND m.user_id = i.user_id ORDER BY m.room_id, m.user_id FOR NO KEY UPDATE OF m;
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types)
      WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.last_seq, r.last_chat_no, d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        WHEN r.room_id IS NULL THEN 'NOT_FOUND'
        WHEN i.sender_id IS NOT NULL AND m.user_id IS NULL THEN 'NOT_A_MEMBER'
        WHEN r.status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
        WHEN i.kind = 'NOTIFICATION' AND i.sender_id IS NOT NULL AND NOT m.host THEN 'FORBIDDEN'
        WHEN i.reply_to > r.last_seq THEN 'REPLY_UNKNOWN'
        ELSE 'stored'
      END AS verdict
    FROM input i
    LEFT JOIN rooms r ON r.room_id = i.room_id
    LEFT JOIN members m ON m.room_id = i.room_id AND m.user_id = i.sender_id AND m.left_at IS NULL
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '')
    ) d ON true
  ), counted AS MATERIALIZED (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, row_number() OVER (PARTITION BY j.room_id, j.sender_id, j.client_id, j.verdict ORDER BY j.n) AS copy
    FROM judged j
  ), numbered AS MATERIALIZED (
    SELECT c.*, row_number() OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c WHERE c.verdict = 'stored' AND c.copy = 1
  ), inserted AS (
    INSERT INTO messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id, content,
      reply_to, data, signal_type, created_at)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp
    FROM numbered
  ), advanced AS (
    UPDATE rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k
    FROM (SELECT room_id, max(k) AS k FROM numbered GROUP BY room_id) c WHERE r.room_id = c.room_id
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no
    FROM (SELECT room_id, sender_id, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM numbered WHERE sender_id IS NOT NULL GROUP BY room_id, sender_id) c
    WHERE m.room_id = c.room_id AND m.user_id = c.sender_id AND m.last_read_seq < c.seq
  )
  SELECT j.n::INTEGER, CASE WHEN j.verdict = 'stored' AND j.copy > 1 THEN 'duplicate' ELSE j.verdict END,
    coalesce(j.stored_seq, f.last_seq + f.k), coalesce(j.stored_chat_no, f.last_chat_no + f.k),
    iso(coalesce(j.stored_at, stamp))
  FROM counted j
  LEFT JOIN numbered f ON f.room_id = j.room_id AND f.client_id = j.client_id
    AND coalesce(f.sender_id, '') = coalesce(j.sender_id, '')
  ORDER BY j.n;
END $$;

-- The append: a batch of messages of many rooms in one round trip, with an outcome for each. Rooms are locked in the
-- order of their ids (no deadlock between two batches); retries are answered with what was stored the first time, also
-- when the sender or the room has since lost the right to talk. Of SLOW_MODE, `seq` is the milliseconds to wait. For a single message, and for batches in which something
-- is wrong: see `append_fresh`. Planned once (a batch of one cost 2 ms, most of them planning: the planner takes arrays it
-- can look into for cheaper), and numbered by windows alone (a self join compared each row of a room with each other). The
-- last parameters have defaults: instances of earlier versions call it with nine or ten. `p_keys`: the number of the key that
-- a message's texts are sealed with, null where they are clear; STALE_KEY where it is not the room's any more.
-- `p_admins`: whose sender may what the host may; null: none.
CREATE OR REPLACE FUNCTION chat.append_messages(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL, p_keys INTEGER[] DEFAULT NULL,
  p_admins BOOLEAN[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  stamp TIMESTAMPTZ(3);
BEGIN
  IF cardinality(p_rooms) = 1 THEN
    RETURN QUERY SELECT * FROM chat.append_one(p_rooms[1], p_senders[1], p_nicknames[1], p_tags[1], p_client_ids[1],
      p_kinds[1], p_contents[1], p_reply_tos[1], p_datas[1], p_signal_types[1], p_keys[1],
      coalesce(p_admins[1], false));
    RETURN;
  END IF;
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM chat.lock_listed_members(p_rooms, p_senders);
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
      p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas, p_signal_types,
      p_keys, p_admins
    ) WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, key_no,
      admin, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no,
      d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      r.slow_mode_seconds, m.host, w.wait_ms, i.key_no <> coalesce(r.key_no, 0) AS stale,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        ELSE chat.append_verdict(
          r.room_id, r.product_id, r.status, r.clearing, r.last_seq,
          m.user_id, m.left_at, m.host, m.committed, i.sender_id, i.kind, i.reply_to,
          CASE WHEN r.restricted THEN chat.restriction_of(i.room_id, i.sender_id) END, w.wait_ms > 0,
          coalesce(i.admin, false)
        )
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no, r.restricted,
        r.slow_mode_seconds, r.key_no, r.ctid FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.last_sent_at, m.ctid FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.sender_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM chat.messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '') OFFSET 0
    ) d ON true
    LEFT JOIN LATERAL (
      SELECT chat.slow_mode_wait_ms(r.slow_mode_seconds, m.last_sent_at, stamp) AS wait_ms
      WHERE r.slow_mode_seconds > 0 AND NOT (m.host OR coalesce(i.admin, false)) OFFSET 0
    ) w ON true
  ), paced AS (
    -- In slow mode the first of a member's messages in the batch, and copies of it, may be stored.
    SELECT j.*, CASE
        WHEN j.verdict = 'stored' AND j.stale THEN 'STALE_KEY'
        WHEN j.verdict = 'stored' AND j.slow_mode_seconds > 0
          AND NOT (j.host OR coalesce(j.admin, false)) AND j.client_id <>
          first_value(j.client_id) OVER (PARTITION BY j.room_id, j.sender_id, j.verdict ORDER BY j.n) THEN 'SLOW_MODE'
        ELSE j.verdict END AS paced_verdict
    FROM judged j
  ), counted AS (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, j.paced_verdict = 'stored' AND row_number() OVER (
      PARTITION BY j.room_id, j.client_id, j.sender_id, j.paced_verdict ORDER BY j.n) = 1 AS fresh
    FROM paced j
  ), numbered AS (
    SELECT c.*, count(*) FILTER (WHERE c.fresh) OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c
  ), placed AS MATERIALIZED (
    -- A copy within the batch has the place of the one that is stored.
    SELECT n.*, CASE WHEN n.paced_verdict = 'stored'
      THEN min(n.k) OVER (PARTITION BY n.room_id, n.client_id, n.sender_id, n.paced_verdict) END AS place
    FROM numbered n
  ), inserted AS (
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at, key_no)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp, key_no
    FROM placed WHERE fresh
  ), advanced AS (
    UPDATE chat.rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k,
      clear_from = coalesce(r.clear_from, r.last_seq + c.clear)
    FROM (SELECT room_place, max(k) AS k, min(k) FILTER (WHERE key_no IS NULL) AS clear FROM placed WHERE fresh GROUP BY room_place) c WHERE r.ctid = c.room_place
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no, last_sent_at = stamp
    FROM (SELECT member_place, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM placed WHERE fresh AND sender_id IS NOT NULL GROUP BY member_place) c
    WHERE m.ctid = c.member_place AND m.last_read_seq < c.seq
  )
  SELECT p.n::INTEGER, CASE WHEN p.paced_verdict = 'stored' AND NOT p.fresh THEN 'duplicate' ELSE p.paced_verdict END,
    CASE WHEN p.paced_verdict <> 'SLOW_MODE' THEN coalesce(p.stored_seq, p.last_seq + p.place)
      WHEN p.verdict = 'stored' THEN 1000 * p.slow_mode_seconds ELSE p.wait_ms END,
    coalesce(p.stored_chat_no, p.last_chat_no + p.place),
    chat.iso(coalesce(p.stored_at, stamp))
  FROM placed p
  ORDER BY p.n;
  -- Who is a member was named as he became one.
  PERFORM chat.note_author(i.room_id, i.sender_id)
  FROM (SELECT DISTINCT u.room_id, u.sender_id, coalesce(u.admin, false) AS admin
    FROM unnest(p_rooms, p_senders, p_admins) u (room_id, sender_id, admin)) i
  WHERE i.admin OR EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = i.room_id AND r.product_id IS NULL);
END $$;

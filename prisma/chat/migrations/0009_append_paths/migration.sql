-- The append of a batch in which nothing is wrong: `p_rooms` each once, with how many messages are for it; each pair of a
-- room and a sender once (null: the service), with whether he sends a notice, the newest message that he answers, and the
-- place of his last one; then the messages, each with the number of its room and its place among those for it. For each
-- room the position before its first message; no row where any message is refused or was stored before: then nothing is
-- changed, and `append_messages` finds which one. That is not looked for here, as it is half of what a message costs there
-- (PostgreSQL 18, CPU of a batch, medians of 14 interleaved pairs, this / that: 400 messages of 50 rooms 0.55, 50 of 50
-- 0.72, 2 of 2 0.72). Rooms and members are locked and read at once, in the order in which all lock them.
CREATE OR REPLACE FUNCTION chat.append_fresh(
  p_rooms TEXT[], p_counts INTEGER[],
  p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_pair_notices BOOLEAN[], p_pair_replies BIGINT[], p_pair_lasts INTEGER[],
  p_room_nos INTEGER[], p_places INTEGER[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[],
  p_kinds TEXT[], p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[]
) RETURNS TABLE (last_seq BIGINT, last_chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  stamp TIMESTAMPTZ(3);
  -- By the number of the room. Of a fixed width: an element of such an array is found without reading those before it.
  seqs BIGINT[];
  chat_nos BIGINT[];
  lobbies BOOLEAN[];
  cancelled BOOLEAN[];
  clearings BOOLEAN[];
  room_tids TID[];
  member_tids TID[];
  fine BOOLEAN;
BEGIN
  SELECT array_agg(r.last_seq ORDER BY r.n), array_agg(r.last_chat_no ORDER BY r.n),
    array_agg(r.product_id IS NULL ORDER BY r.n), array_agg(r.status = 'CANCELLED' ORDER BY r.n),
    array_agg(r.clearing ORDER BY r.n), array_agg(r.place ORDER BY r.n)
  INTO seqs, chat_nos, lobbies, cancelled, clearings, room_tids
  FROM (
    SELECT i.n, r.* FROM (
      SELECT u.room_id, u.n FROM unnest(p_rooms) WITH ORDINALITY u (room_id, n) ORDER BY u.room_id
    ) i
    CROSS JOIN LATERAL (
      SELECT r.last_seq, r.last_chat_no, r.product_id, r.status, r.clearing, r.ctid AS place FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0 FOR NO KEY UPDATE
    ) r OFFSET 0
  ) r;
  IF cardinality(seqs) IS DISTINCT FROM cardinality(p_rooms) THEN
    RETURN;
  END IF;
  SELECT bool_and(v.verdict = 'stored'), array_agg(v.place ORDER BY v.n) INTO fine, member_tids FROM (
    SELECT i.n, m.place, chat.append_verdict(
      '', CASE WHEN lobbies[i.room_no] THEN NULL ELSE '' END, CASE WHEN cancelled[i.room_no] THEN 'CANCELLED' END,
      clearings[i.room_no], seqs[i.room_no], m.user_id, m.left_at, m.host, m.committed, i.user_id,
      CASE WHEN i.notice THEN 'NOTIFICATION' ELSE 'CHAT' END, i.reply_to
    ) AS verdict
    FROM (
      SELECT p_rooms[u.room_no] AS room_id, u.* FROM unnest(p_pair_rooms, p_pair_senders, p_pair_notices, p_pair_replies)
        WITH ORDINALITY u (room_no, user_id, notice, reply_to, n)
      ORDER BY room_id, u.user_id
    ) i
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.ctid AS place FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE
    ) m ON true OFFSET 0
  ) v;
  IF NOT fine THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  BEGIN
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at)
    SELECT p_rooms[i.room_no], seqs[i.room_no] + i.place, chat_nos[i.room_no] + i.place, i.kind, i.sender_id, i.nickname,
      i.tag, i.client_id, i.content, i.reply_to, i.data::jsonb, i.signal_type, stamp
    FROM unnest(
      p_room_nos, p_places, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types
    ) i (room_no, place, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type);
  EXCEPTION WHEN unique_violation THEN
    RETURN;
  END;
  UPDATE chat.rooms r SET last_seq = r.last_seq + c.n, last_chat_no = r.last_chat_no + c.n
  FROM unnest(room_tids, p_counts) c (place, n) WHERE r.ctid = c.place;
  -- Who talks has read. A mark is never past the newest row.
  UPDATE chat.members m
  SET last_read_seq = seqs[c.room_no] + c.last, last_read_chat_no = chat_nos[c.room_no] + c.last
  FROM unnest(member_tids, p_pair_rooms, p_pair_lasts) c (place, room_no, last) WHERE m.ctid = c.place;
  RETURN QUERY SELECT i.seq, i.chat_no, chat.iso(stamp) FROM unnest(seqs, chat_nos) i (seq, chat_no);
END $$;

-- The append: a batch of messages of many rooms in one round trip, with an outcome for each. Rooms are locked in the
-- order of their ids (no deadlock between two batches); retries are answered with what was stored the first time, also
-- when the sender or the room has since lost the right to talk. For a single message, and for batches in which something
-- is wrong: see `append_fresh`. Planned once (a batch of one cost 2 ms, most of them planning: the planner takes arrays it
-- can look into for cheaper), and numbered by windows alone (a self join compared each row of a room with each other). The
-- last parameter has a default: instances of the first version call it with nine.
CREATE OR REPLACE FUNCTION chat.append_messages(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL
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
      p_kinds[1], p_contents[1], p_reply_tos[1], p_datas[1], p_signal_types[1]);
    RETURN;
  END IF;
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM chat.lock_listed_members(p_rooms, p_senders);
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
      p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas, p_signal_types
    ) WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no,
      d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        ELSE chat.append_verdict(
          r.room_id, r.product_id, r.status, r.clearing, r.last_seq,
          m.user_id, m.left_at, m.host, m.committed, i.sender_id, i.kind, i.reply_to
        )
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no, r.ctid FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.ctid FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.sender_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM chat.messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '') OFFSET 0
    ) d ON true
  ), counted AS (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, j.verdict = 'stored'
      AND row_number() OVER (PARTITION BY j.room_id, j.client_id, j.sender_id, j.verdict ORDER BY j.n) = 1 AS fresh
    FROM judged j
  ), numbered AS (
    SELECT c.*, count(*) FILTER (WHERE c.fresh) OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c
  ), placed AS MATERIALIZED (
    -- A copy within the batch has the place of the one that is stored.
    SELECT n.*, CASE WHEN n.verdict = 'stored'
      THEN min(n.k) OVER (PARTITION BY n.room_id, n.client_id, n.sender_id, n.verdict) END AS place
    FROM numbered n
  ), inserted AS (
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp
    FROM placed WHERE fresh
  ), advanced AS (
    UPDATE chat.rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k
    FROM (SELECT room_place, max(k) AS k FROM placed WHERE fresh GROUP BY room_place) c WHERE r.ctid = c.room_place
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no
    FROM (SELECT member_place, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM placed WHERE fresh AND sender_id IS NOT NULL GROUP BY member_place) c
    WHERE m.ctid = c.member_place AND m.last_read_seq < c.seq
  )
  SELECT p.n::INTEGER, CASE WHEN p.verdict = 'stored' AND NOT p.fresh THEN 'duplicate' ELSE p.verdict END,
    coalesce(p.stored_seq, p.last_seq + p.place), coalesce(p.stored_chat_no, p.last_chat_no + p.place),
    chat.iso(coalesce(p.stored_at, stamp))
  FROM placed p
  ORDER BY p.n;
END $$;

-- The append of a single message: what `append_messages`, which calls it, does with a batch of one, by plain look-ups. A
-- plan for batches, with its windows, sorts and joins, has to be set up for each call, which was most of what one message
-- cost (PostgreSQL 18, medians of 14 interleaved pairs, this / that: CPU 0.60 to 0.66, time with its commit 0.63 to 0.81).
-- Its settings (`lock_timeout` and the like) are those of the caller.
CREATE OR REPLACE FUNCTION chat.append_one(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT,
  OUT ord INTEGER, OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  room RECORD;
  member RECORD;
  stamp TIMESTAMPTZ(3);
BEGIN
  ord := 1;
  SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no INTO room
  FROM chat.rooms r WHERE r.room_id = p_room FOR NO KEY UPDATE;
  SELECT 'duplicate', s.seq, s.chat_no, chat.iso(s.created_at) INTO outcome, seq, chat_no, created_at
  FROM chat.messages s
  WHERE s.room_id = p_room AND s.client_message_id = p_client_id
    AND coalesce(s.sender_id, '') = coalesce(p_sender, '');
  IF FOUND THEN
    RETURN;
  END IF;
  -- Whose membership it is changes under the room's lock only.
  SELECT m.user_id, m.left_at, m.host, m.committed INTO member
  FROM chat.members m WHERE m.room_id = p_room AND m.user_id = p_sender;
  outcome := chat.append_verdict(
    room.room_id, room.product_id, room.status, room.clearing, room.last_seq,
    member.user_id, member.left_at, member.host, member.committed, p_sender, p_kind, p_reply_to
  );
  IF outcome <> 'stored' THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  seq := room.last_seq + 1;
  chat_no := room.last_chat_no + 1;
  created_at := chat.iso(stamp);
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
    content, reply_to, data, signal_type, created_at)
  VALUES (p_room, append_one.seq, append_one.chat_no, p_kind, p_sender, p_nickname, p_tag, p_client_id,
    p_content, p_reply_to, p_data::jsonb, p_signal_type, stamp);
  UPDATE chat.rooms r SET last_seq = append_one.seq, last_chat_no = append_one.chat_no WHERE r.room_id = p_room;
  IF member.user_id IS NOT NULL THEN
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = append_one.seq, last_read_chat_no = append_one.chat_no
    WHERE m.room_id = p_room AND m.user_id = p_sender AND m.last_read_seq < append_one.seq;
  END IF;
END $$;

-- What becomes of a message that is not stored yet: 'stored', or the code of what it is refused with. The room and the
-- sender's membership as they are under the room's lock; null where there is none. One expression, which the planner puts
-- in place of the call.
CREATE OR REPLACE FUNCTION chat.append_verdict(
  p_room TEXT, p_product TEXT, p_status TEXT, p_clearing BOOLEAN, p_last_seq BIGINT,
  p_member TEXT, p_left_at TIMESTAMPTZ, p_host BOOLEAN, p_committed BOOLEAN,
  p_sender TEXT, p_kind TEXT, p_reply_to BIGINT
) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN p_room IS NULL THEN 'NOT_FOUND'
    -- In the lobby, the room without a product, everybody is a member.
    WHEN p_sender IS NOT NULL AND (p_member IS NULL OR p_left_at IS NOT NULL) AND p_product IS NOT NULL
      THEN 'NOT_A_MEMBER'
    -- A guest of a room that was closed, whose own row is still to come.
    WHEN p_clearing AND p_sender IS NOT NULL AND NOT p_host AND NOT p_committed THEN 'NOT_A_MEMBER'
    WHEN p_status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
    WHEN p_kind = 'NOTIFICATION' AND p_sender IS NOT NULL AND p_host IS NOT TRUE THEN 'FORBIDDEN'
    WHEN p_reply_to > p_last_seq THEN 'REPLY_UNKNOWN'
    ELSE 'stored'
  END;

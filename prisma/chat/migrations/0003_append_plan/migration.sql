-- The order of joining is asked for present members only. Partial, so that looking for one member by room and user can't
-- take this index: on small tables the planner found it as good as the key, kept that plan, and read the whole room for
-- each message later. Such a look-up therefore never says "left_at IS NULL" in words that imply this condition.
DROP INDEX "members_room_id_joined_seq_idx";
CREATE INDEX "members_room_id_joined_seq_idx" ON "members" ("room_id", "joined_seq") WHERE "left_at" IS NULL;

-- Whether a member is present, in words that no partial index answers to.
CREATE FUNCTION "is_present"(left_at TIMESTAMPTZ) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE
  RETURN coalesce(left_at, 'infinity') = 'infinity';

-- In one order for all, so that two batches can't wait for each other.
CREATE FUNCTION "lock_listed_members"(p_rooms TEXT[], p_users TEXT[]) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM (SELECT DISTINCT i.room_id, i.user_id FROM unnest(p_rooms, p_users) i (room_id, user_id) ORDER BY 1, 2) i
  CROSS JOIN LATERAL (
    SELECT 1 FROM members m WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE) m;
END $$;

-- A plan is kept by its connection, also one that was made while the tables were small and reading them whole was best.
-- Hence, in all functions that many members call at once: OFFSET 0, behind which a look-up by key is the only plan there
-- is, and updates by place (ctid), which can't move while we hold the row's lock.

-- As before, but planned once (a batch of one cost 2 ms, most of them planning: the planner takes arrays it can look
-- into for cheaper), and numbered by windows alone (a self join compared each row of a room with each other).
-- `bench/main.ts s5` and `s3` show it.
CREATE OR REPLACE FUNCTION "append_messages"(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql SET lock_timeout = '500ms' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE stamp TIMESTAMPTZ(3);
BEGIN
  PERFORM 1 FROM rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM lock_listed_members(p_rooms, p_senders);
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types)
      WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no, d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        WHEN r.room_id IS NULL THEN 'NOT_FOUND'
        WHEN i.sender_id IS NOT NULL AND (m.user_id IS NULL OR m.left_at IS NOT NULL) THEN 'NOT_A_MEMBER'
        WHEN r.status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
        WHEN i.kind = 'NOTIFICATION' AND i.sender_id IS NOT NULL AND NOT m.host THEN 'FORBIDDEN'
        WHEN i.reply_to > r.last_seq THEN 'REPLY_UNKNOWN'
        ELSE 'stored'
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.status, r.last_seq, r.last_chat_no, r.ctid FROM rooms r WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.ctid FROM members m
      WHERE m.room_id = i.room_id AND m.user_id = i.sender_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM messages s
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
    INSERT INTO messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id, content,
      reply_to, data, signal_type, created_at)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp
    FROM placed WHERE fresh
  ), advanced AS (
    UPDATE rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k
    FROM (SELECT room_place, max(k) AS k FROM placed WHERE fresh GROUP BY room_place) c WHERE r.ctid = c.room_place
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no
    FROM (SELECT member_place, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM placed WHERE fresh AND sender_id IS NOT NULL GROUP BY member_place) c
    WHERE m.ctid = c.member_place AND m.last_read_seq < c.seq
  )
  SELECT p.n::INTEGER, CASE WHEN p.verdict = 'stored' AND NOT p.fresh THEN 'duplicate' ELSE p.verdict END,
    coalesce(p.stored_seq, p.last_seq + p.place), coalesce(p.stored_chat_no, p.last_chat_no + p.place),
    iso(coalesce(p.stored_at, stamp))
  FROM placed p
  ORDER BY p.n;
END $$;

-- The same two cares for the others that many members call at once.
CREATE OR REPLACE FUNCTION "mark_read"(p_rooms TEXT[], p_users TEXT[], p_seqs BIGINT[])
RETURNS TABLE (ord INTEGER, seq BIGINT, chat_no BIGINT, member BOOLEAN, moved BOOLEAN) LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  -- Members are locked in one order, so that two batches can't wait for each other.
  PERFORM lock_listed_members(p_rooms, p_users);
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.n, i.room_id, i.user_id, least(i.seq, r.last_seq) AS seq,
      m.ctid AS place, m.last_read_seq, m.last_read_chat_no
    FROM unnest(p_rooms, p_users, p_seqs) WITH ORDINALITY AS i (room_id, user_id, seq, n)
    LEFT JOIN LATERAL (SELECT r.last_seq FROM rooms r WHERE r.room_id = i.room_id OFFSET 0) r ON true
    LEFT JOIN LATERAL (
      SELECT m.ctid, m.last_read_seq, m.last_read_chat_no FROM members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id AND is_present(m.left_at) OFFSET 0
    ) m ON true
  ), highest AS MATERIALIZED (
    SELECT w.place, max(w.room_id) AS room_id, max(w.seq) AS seq FROM wanted w
    WHERE w.place IS NOT NULL AND w.last_read_seq < w.seq GROUP BY w.place
  ), numbered AS MATERIALIZED (
    SELECT h.place, h.seq, s.chat_no FROM highest h
    CROSS JOIN LATERAL (SELECT s.chat_no FROM messages s WHERE s.room_id = h.room_id AND s.seq = h.seq OFFSET 0) s
  ), marked AS (
    UPDATE members m SET last_read_seq = n.seq, last_read_chat_no = n.chat_no FROM numbered n WHERE m.ctid = n.place
  )
  SELECT w.n::INTEGER, coalesce(n.seq, w.last_read_seq), coalesce(n.chat_no, w.last_read_chat_no),
    -- Told to the others once, however many marks of one member are in the batch.
    w.place IS NOT NULL, n.place IS NOT NULL AND row_number() OVER (PARTITION BY w.room_id, w.user_id ORDER BY w.n) = 1
  FROM wanted w
  LEFT JOIN numbered n ON n.place = w.place
  ORDER BY w.n;
END $$;

CREATE OR REPLACE FUNCTION "join_rooms"(
  p_rooms TEXT[], p_users TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_online BOOLEAN[]
) RETURNS TABLE (ord INTEGER, change JSONB) LANGUAGE plpgsql SET lock_timeout = '500ms'
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM 1 FROM rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  FOR ord IN 1 .. cardinality(p_rooms) LOOP
    change := join_room(p_rooms[ord], p_users[ord], p_nicknames[ord], p_tags[ord], p_online[ord]);
    RETURN NEXT;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION "leave_room"(p_room TEXT, p_user TEXT, p_event TEXT, p_reason TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE r rooms; m members; since BIGINT;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM members WHERE room_id = p_room AND user_id = p_user AND is_present(left_at);
  IF NOT FOUND THEN RETURN room_change('absent', r, since, NULL); END IF;
  IF m.host THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF m.committed THEN
    UPDATE members SET left_at = clock_timestamp() WHERE room_id = p_room AND user_id = p_user;
  ELSE
    DELETE FROM members WHERE room_id = p_room AND user_id = p_user;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := add_system(r, p_event,
    m.nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
    jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) || jsonb_build_object(
      'participant', participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM save_counters(r);
  RETURN room_change('left', r, since, participant_json(m, false));
END $$;

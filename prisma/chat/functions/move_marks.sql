-- Read marks of many members at once: only forward, never past the newest row. `moved`: to be told to the others.
-- Locks members, never rooms, and waits for nobody: a mark whose row somebody has locked is `busy`, and for its sender to
-- try again.
CREATE OR REPLACE FUNCTION chat.move_marks(p_rooms TEXT[], p_users TEXT[], p_seqs BIGINT[])
RETURNS TABLE (ord INTEGER, seq BIGINT, chat_no BIGINT, member BOOLEAN, moved BOOLEAN, busy BOOLEAN)
LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  v_locked BIGINT[];
BEGIN
  -- A statement of its own: the next one sees what its locks waited for.
  SELECT array_agg(k.n) INTO v_locked FROM (
    SELECT i.room_id, i.user_id, array_agg(i.n) AS ns
    FROM unnest(p_rooms, p_users) WITH ORDINALITY AS i (room_id, user_id, n) GROUP BY 1, 2 ORDER BY 1, 2
  ) i
  CROSS JOIN LATERAL (
    SELECT 1 FROM chat.members m WHERE m.room_id = i.room_id AND m.user_id = i.user_id
    OFFSET 0 FOR NO KEY UPDATE SKIP LOCKED
  ) m
  CROSS JOIN LATERAL unnest(i.ns) AS k (n);
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.n, i.room_id, i.user_id, least(i.seq, r.last_seq) AS seq,
      m.ctid AS seen, CASE WHEN i.n = ANY (v_locked) THEN m.ctid END AS place, m.last_read_seq, m.last_read_chat_no
    FROM unnest(p_rooms, p_users, p_seqs) WITH ORDINALITY AS i (room_id, user_id, seq, n)
    LEFT JOIN LATERAL (SELECT r.last_seq FROM chat.rooms r WHERE r.room_id = i.room_id OFFSET 0) r ON true
    LEFT JOIN LATERAL (
      SELECT m.ctid, m.last_read_seq, m.last_read_chat_no FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id AND chat.is_present(m.left_at) OFFSET 0
    ) m ON true
  ), highest AS MATERIALIZED (
    SELECT w.place, max(w.room_id) AS room_id, max(w.seq) AS seq FROM wanted w
    WHERE w.place IS NOT NULL AND w.last_read_seq < w.seq GROUP BY w.place
  ), numbered AS MATERIALIZED (
    SELECT h.place, h.seq, s.chat_no FROM highest h
    CROSS JOIN LATERAL (SELECT s.chat_no FROM chat.messages s WHERE s.room_id = h.room_id AND s.seq = h.seq OFFSET 0) s
  ), marked AS (
    UPDATE chat.members m SET last_read_seq = n.seq, last_read_chat_no = n.chat_no
    FROM numbered n WHERE m.ctid = n.place
  )
  SELECT w.n::INTEGER, coalesce(n.seq, w.last_read_seq), coalesce(n.chat_no, w.last_read_chat_no),
    -- Told to the others once, however many marks of one member are in the batch.
    w.seen IS NOT NULL, n.place IS NOT NULL AND row_number() OVER (PARTITION BY w.room_id, w.user_id ORDER BY w.n) = 1,
    w.seen IS NOT NULL AND w.place IS NULL
  FROM wanted w
  LEFT JOIN numbered n ON n.place = w.place
  ORDER BY w.n;
END $$;

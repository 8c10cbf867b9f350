DROP FUNCTION chat.index_grams(text,bigint,bigint,bigint[],bigint[],integer[],integer[]);

-- A room whose messages are not all sealed, and from where on: for `p_seconds` it is the caller's alone. `p_room`: the one that is
-- his already; null: any that is nobody's, and that nobody has locked, those first that were not tried, or longest ago: of rooms whose
-- key can't be opened there may be many. No row: there is none.
CREATE OR REPLACE FUNCTION chat.claim_clear_room(p_room TEXT, p_seconds INTEGER)
RETURNS TABLE (room_id TEXT, clear_from BIGINT, last_seq BIGINT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF p_room IS NULL THEN
    SELECT r.room_id INTO p_room FROM chat.rooms r
    WHERE r.clear_from IS NOT NULL AND (r.sealing_until IS NULL OR r.sealing_until < clock_timestamp())
    ORDER BY r.sealing_until NULLS FIRST LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  END IF;
  RETURN QUERY UPDATE chat.rooms r SET sealing_until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE r.room_id = p_room AND r.clear_from IS NOT NULL
    RETURNING r.room_id, r.clear_from, r.last_seq;
END $$;

-- Puts messages of a room into the index of searches, which has all up to `p_from` and then all up to `p_to`. False, and
-- nothing is done, where somebody else has been there. `p_seqs`: messages, and those that rows of change among them have
-- changed, `p_versions` what they were as they were read, `p_grams` the grams of all of them and `p_ends` where those of each
-- end there; none for what has no text. `p_key_no`: the room's key by which they were made, 0 by one of their own; null: an instance of
-- the version before, which does not say. Of one that was changed meanwhile nothing is kept: its row of change comes later.
CREATE OR REPLACE FUNCTION chat.index_grams(
  p_room TEXT, p_from BIGINT, p_to BIGINT, p_seqs BIGINT[], p_versions BIGINT[], p_grams INTEGER[], p_ends INTEGER[],
  p_key_no INTEGER DEFAULT NULL
) RETURNS BOOLEAN
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
  UPDATE chat.search_rooms SET indexed_seq = p_to WHERE room_id = p_room AND indexed_seq = p_from
    AND (p_key_no IS NULL OR coalesce(key_no, 0) = p_key_no);
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM chat.search_grams WHERE room_id = p_room AND seq = ANY (p_seqs) AND seq <= p_from;
  INSERT INTO chat.search_grams (room_id, seq, grams)
  SELECT p_room, i.seq, p_grams[i.begins + 1:i.ends]
  FROM (
    SELECT u.seq, u.version, u.ends, lag(u.ends, 1, 0) OVER (ORDER BY u.n) AS begins
    FROM unnest(p_seqs, p_versions, p_ends) WITH ORDINALITY AS u (seq, version, ends, n)
  ) i
  CROSS JOIN LATERAL (
    SELECT coalesce(m.version, m.seq) AS version FROM chat.messages m WHERE m.room_id = p_room AND m.seq = i.seq OFFSET 0
  ) m
  WHERE i.ends > i.begins AND m.version = i.version;
  RETURN true;
END $$;

-- The key that texts of a room are sealed with: a new one (`p_sealed`, by the content key `p_key_id`) where it has none yet.
-- Numbers are never given twice, so a room that was removed and opened again has another one. Locks the room.
-- No row for a room that is not there; `p_gone`: also of such a one, for reports of it.
CREATE OR REPLACE FUNCTION chat.open_room_key(p_room TEXT, p_key_id TEXT, p_sealed BYTEA, p_gone BOOLEAN DEFAULT false)
RETURNS SETOF chat.room_keys
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  k chat.room_keys;
  room_key_no INTEGER;
  present BOOLEAN;
BEGIN
  SELECT r.key_no INTO room_key_no FROM chat.rooms r WHERE r.room_id = p_room FOR NO KEY UPDATE;
  present := FOUND;
  -- A statement of its own: one that waited for the lock sees the room as it is, and of other tables what was before.
  SELECT * INTO k FROM chat.room_keys o WHERE o.key_no = room_key_no;
  IF NOT present THEN
    IF NOT p_gone THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.room_keys:' || p_room, 0));
    SELECT * INTO k FROM chat.room_keys o WHERE o.room_id = p_room ORDER BY o.key_no DESC LIMIT 1;
  END IF;
  IF k.key_no IS NULL THEN
    INSERT INTO chat.room_keys (room_id, key_id, sealed) VALUES (p_room, p_key_id, p_sealed) RETURNING * INTO k;
    IF present THEN UPDATE chat.rooms SET key_no = k.key_no WHERE room_id = p_room; END IF;
  END IF;
  RETURN NEXT k;
END $$;

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

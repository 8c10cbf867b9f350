-- `index_grams`, with each message's grams as a literal: instances of the version before call it.
CREATE OR REPLACE FUNCTION chat.index_messages(
  p_room TEXT, p_from BIGINT, p_to BIGINT, p_seqs BIGINT[], p_versions BIGINT[], p_grams TEXT[]
) RETURNS BOOLEAN
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
  UPDATE chat.search_rooms SET indexed_seq = p_to WHERE room_id = p_room AND indexed_seq = p_from;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM chat.search_grams WHERE room_id = p_room AND seq = ANY (p_seqs) AND seq <= p_from;
  INSERT INTO chat.search_grams (room_id, seq, grams)
  SELECT p_room, i.seq, i.grams::INTEGER[]
  FROM unnest(p_seqs, p_versions, p_grams) AS i (seq, version, grams)
  CROSS JOIN LATERAL (
    SELECT coalesce(m.version, m.seq) AS version FROM chat.messages m WHERE m.room_id = p_room AND m.seq = i.seq OFFSET 0
  ) m
  WHERE i.grams <> '{}' AND m.version = i.version;
  RETURN true;
END $$;

-- Reads whom rows name that were stored before that was noted: up to `p_limit` rows of one room, under its lock. False: all were
-- read, or what is left is being read by somebody else.
CREATE OR REPLACE FUNCTION chat.fill_authors(p_limit INTEGER) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
DECLARE
  f chat.author_fills;
  upto BIGINT;
  amount INTEGER;
BEGIN
  -- The room's lock first, as wherever both are taken.
  SELECT r.room_id INTO f.room_id FROM chat.author_fills o JOIN chat.rooms r ON r.room_id = o.room_id
  ORDER BY o.room_id LIMIT 1 FOR NO KEY UPDATE OF r SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT * INTO f FROM chat.author_fills o WHERE o.room_id = f.room_id FOR UPDATE;
  -- Somebody else has just read the last of it: there may be others.
  IF NOT FOUND THEN RETURN true; END IF;
  WITH few AS MATERIALIZED (
    SELECT m.seq, CASE m.kind WHEN 'SYSTEM' THEN chat.named_by(m.data) ELSE m.sender_id END AS user_id FROM chat.messages m
    WHERE m.room_id = f.room_id AND m.seq > f.read_seq ORDER BY m.seq LIMIT p_limit
  ), noted AS (
    INSERT INTO chat.authors (user_id, room_id) SELECT DISTINCT w.user_id, f.room_id FROM few w WHERE w.user_id IS NOT NULL
    ON CONFLICT DO NOTHING
  )
  SELECT max(w.seq), count(*) INTO upto, amount FROM few w;
  IF amount < p_limit THEN
    DELETE FROM chat.author_fills o WHERE o.room_id = f.room_id;
  ELSE
    UPDATE chat.author_fills o SET read_seq = upto WHERE o.room_id = f.room_id;
  END IF;
  RETURN true;
END $$;

-- Messages of a room below `p_before` that have all of these grams, the newest first: those that contain what the grams were
-- made of, and a few others. `OFFSET 0`: by the index of grams, whatever the planner thinks of the room's key. Planned once a
-- call would not be: a plan from when the table was small would read it whole.
CREATE OR REPLACE FUNCTION chat.search_candidates(p_room TEXT, p_grams INTEGER[], p_before BIGINT, p_limit INTEGER)
RETURNS SETOF BIGINT
LANGUAGE plpgsql STABLE
SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
  SELECT s.seq FROM (SELECT g.room_id, g.seq FROM chat.search_grams g WHERE g.grams @> p_grams OFFSET 0) s
  WHERE s.room_id = p_room AND s.seq < p_before ORDER BY s.seq DESC LIMIT p_limit;
END $$;

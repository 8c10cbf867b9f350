-- How many of a room's places guests without an account may hold: the share of the cap, rounded down. A share of null
-- is that of callers that don't know of it: all places.
CREATE OR REPLACE FUNCTION chat.anonymous_places(r chat.rooms, p_share NUMERIC) RETURNS BIGINT
LANGUAGE sql IMMUTABLE
  RETURN floor(coalesce(p_share, 1) * r.max_participants)::BIGINT;

-- Removes what says nothing any more, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_departures(p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  -- Rows that somebody is about to change stay: they say something again.
  DELETE FROM chat.departures WHERE ctid IN (
    SELECT d.ctid FROM chat.departures d WHERE d.expires_at < clock_timestamp()
    ORDER BY d.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

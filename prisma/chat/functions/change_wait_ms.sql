-- Milliseconds until a user's membership in a room may change again: 0 when it may now. It changes six times in any
-- minute at most. `p_joined`: when a membership began that has not ended yet.
CREATE OR REPLACE FUNCTION chat.change_wait_ms(p_changes TIMESTAMPTZ[], p_joined TIMESTAMPTZ) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  sixth TIMESTAMPTZ;
BEGIN
  SELECT t INTO sixth FROM unnest(p_changes || p_joined) t WHERE t IS NOT NULL ORDER BY t DESC OFFSET 5 LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;
  RETURN greatest(0, ceil(extract(epoch FROM sixth + interval '1 minute' - clock_timestamp()) * 1000))::INTEGER;
END $$;

-- Stores a run's outcome, in the transaction of its effect. `p_claim` is {"userId","route","key","run"} or null.
-- GI001: another run has taken over; the exception undoes the effect.
CREATE OR REPLACE FUNCTION trade.finish_key(p_claim jsonb, p_outcome jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_claim IS NULL THEN
    RETURN;
  END IF;
  UPDATE trade.idempotency_keys SET outcome = p_outcome
  WHERE user_id = p_claim ->> 'userId' AND route = p_claim ->> 'route' AND key = p_claim ->> 'key'
    AND run = (p_claim ->> 'run')::uuid AND outcome IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the idempotency key was taken over by another run' USING ERRCODE = 'GI001';
  END IF;
END $$;

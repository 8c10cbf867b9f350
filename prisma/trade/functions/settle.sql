-- Ends a product whose deadline has passed; everything that locks a product does this first, so a late scheduler
-- changes nothing. The time is read after the lock was waited for.
CREATE OR REPLACE FUNCTION trade.settle(p_old trade.products, p_origin jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p_old;
BEGIN
  IF p_old.status <> 'RECRUITING' OR clock_timestamp() < p_old.deadline THEN
    RETURN p_old;
  END IF;
  IF p_old.participant_count >= p_old.min_participants THEN
    v_new.status := 'CLOSED';
    v_new.reason := 'DEADLINE';
  ELSE
    v_new.status := 'CANCELLED';
    v_new.reason := 'UNDERFILLED';
  END IF;
  RETURN trade.save_product(p_old, v_new, NULL, NULL, NULL, NULL, NULL, NULL, p_origin);
END $$;

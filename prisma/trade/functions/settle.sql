-- Ends a product whose deadline has passed, and frees the places that were not paid in time; everything that locks a product does this first, so a late scheduler
-- changes nothing. The time is read after the lock was waited for.
CREATE OR REPLACE FUNCTION trade.settle(p_old trade.products, p_origin jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p_old;
BEGIN
  IF p_old.status <> 'RECRUITING' THEN
    RETURN p_old;
  ELSIF clock_timestamp() < p_old.deadline THEN
    RETURN trade.expire_places(p_old, p_origin);
  END IF;
  IF trade.counted(p_old) >= p_old.min_participants THEN
    v_new.status := 'CLOSED';
    v_new.reason := CASE WHEN trade.counted(p_old) >= p_old.max_participants THEN 'FULL' ELSE 'DEADLINE' END;
  ELSE
    v_new.status := 'CANCELLED';
    v_new.reason := 'UNDERFILLED';
  END IF;
  RETURN trade.save_product(p_old, v_new, NULL, NULL, NULL, NULL, NULL, NULL, p_origin);
END $$;

-- Ends up to `p_limit` products whose deadline has passed, and says how many. Instances share the work: what another
-- one has locked is skipped, and one that can't be ended now keeps none of the others waiting. The variable lets the index be used, which a volatile function in the condition would not.
CREATE OR REPLACE FUNCTION trade.close_due(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products WHERE status = 'RECRUITING' AND deadline <= v_now
    ORDER BY deadline, id FOR UPDATE SKIP LOCKED
  LOOP
    -- Those that could not be ended do not count.
    EXIT WHEN v_count >= p_limit;
    BEGIN
      PERFORM trade.settle(v_product, p_origin);
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'product % was not ended: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

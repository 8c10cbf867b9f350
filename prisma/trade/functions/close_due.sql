-- Ends up to `p_limit` products whose deadline has passed, and says how many. Instances share the work: what another
-- one has locked is skipped. The variable lets the index be used, which a volatile function in the condition would not.
CREATE OR REPLACE FUNCTION trade.close_due(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products WHERE status = 'RECRUITING' AND deadline <= v_now
    ORDER BY deadline, id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM trade.settle(v_product, p_origin);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- Frees due places of up to `p_limit` products, and says how many products that were. Instances share the work, as in
-- close_due.
CREATE OR REPLACE FUNCTION trade.expire_payments(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products q WHERE q.id IN (
      SELECT s.product_id FROM trade.participations s WHERE NOT s.committed AND s.payment_due_at <= v_now)
    ORDER BY q.id FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    -- Those that could not be freed do not count: they keep none of the others waiting.
    EXIT WHEN v_count >= p_limit;
    BEGIN
      PERFORM trade.settle(v_product, p_origin);
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'places of product % were not freed: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

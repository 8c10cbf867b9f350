-- Tells the rooms of up to `p_limit` products that they end within the hour, and says of how many. Instances share the work,
-- as in close_due.
CREATE OR REPLACE FUNCTION trade.tell_hour(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_until timestamptz := clock_timestamp() + interval '1 hour';
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products
    WHERE status = 'RECRUITING' AND notices AND NOT 'hour' = ANY (noticed) AND deadline <= v_until
    ORDER BY deadline, id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    BEGIN
      v_product := trade.settle(v_product, p_origin);
      IF v_product.status = 'RECRUITING' THEN
        UPDATE trade.products SET noticed = noticed || 'hour'::text WHERE id = v_product.id;
        PERFORM trade.enqueue_notice(v_product, 'hour', p_origin);
      END IF;
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'the room of product % was not told of its last hour: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

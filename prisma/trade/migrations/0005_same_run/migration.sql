-- Begins a run under an idempotency key. `state`: started, running, done (with the outcome), mismatch (another
-- payload). A run that neither finished nor was abandoned by `p_lease_ms` died with its process; the next one takes
-- over, and finish_key refuses the first should it still be alive. The same run again is told what it was told, or what it
-- has done meanwhile: it did not hear the answer.
CREATE OR REPLACE FUNCTION trade.begin_key(
  p_user text, p_route text, p_key text, p_fingerprint text, p_run uuid, p_lease_ms integer, p_keep_ms bigint
) RETURNS TABLE (state text, result jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_row trade.idempotency_keys;
  v_now timestamptz;
BEGIN
  LOOP
    v_now := clock_timestamp();
    INSERT INTO trade.idempotency_keys (user_id, route, key, fingerprint, run, locked_until, created_at)
    VALUES (p_user, p_route, p_key, p_fingerprint, p_run, v_now + p_lease_ms * interval '1 millisecond', v_now)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN QUERY SELECT 'started', NULL::jsonb;
      RETURN;
    END IF;
    SELECT * INTO v_row FROM trade.idempotency_keys
    WHERE user_id = p_user AND route = p_route AND key = p_key FOR UPDATE;
    -- Absent when it was abandoned or purged in between.
    EXIT WHEN FOUND;
  END LOOP;
  v_now := clock_timestamp();
  IF v_row.created_at + p_keep_ms * interval '1 millisecond' <= v_now
     OR (v_row.outcome IS NULL AND v_row.locked_until <= v_now) THEN
    UPDATE trade.idempotency_keys SET fingerprint = p_fingerprint, run = p_run, outcome = NULL, created_at = v_now,
      locked_until = v_now + p_lease_ms * interval '1 millisecond'
    WHERE user_id = p_user AND route = p_route AND key = p_key;
    RETURN QUERY SELECT 'started', NULL::jsonb;
  ELSIF v_row.fingerprint <> p_fingerprint THEN
    RETURN QUERY SELECT 'mismatch', NULL::jsonb;
  ELSIF v_row.outcome IS NULL AND v_row.run = p_run THEN
    RETURN QUERY SELECT 'started', NULL::jsonb;
  ELSIF v_row.outcome IS NULL THEN
    RETURN QUERY SELECT 'running', NULL::jsonb;
  ELSE
    RETURN QUERY SELECT 'done', v_row.outcome;
  END IF;
END $$;

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
    ORDER BY deadline, id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    BEGIN
      PERFORM trade.settle(v_product, p_origin);
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'product % was not ended: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

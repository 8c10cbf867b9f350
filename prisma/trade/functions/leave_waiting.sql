-- Takes somebody off the waiting list.
-- Outcomes: ok, not_found, absent.
CREATE OR REPLACE FUNCTION trade.leave_waiting(p_id text, p_user text, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  DELETE FROM trade.waiting w WHERE w.product_id = p_id AND w.user_id = p_user;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old);
    RETURN;
  END IF;
  v_new := v_old;
  v_new.waiting_count := v_old.waiting_count - 1;
  v_new := trade.write_product(v_old, v_new, 'waiting.left', p_user, NULL, NULL, NULL, NULL, p_origin);
  RETURN QUERY SELECT 'ok', to_jsonb(v_new);
END $$;

-- The seller's close ('CLOSED') or cancellation ('CANCELLED'). The same end again is ok and changes nothing.
-- Outcomes: ok, not_found, forbidden, illegal (it ended the other way), minimum.
CREATE OR REPLACE FUNCTION trade.end_product(
  p_id text, p_actor text, p_admin boolean, p_status text, p_note text, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_outcome text;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  IF v_old.seller_id <> p_actor AND NOT p_admin THEN
    v_outcome := 'forbidden';
  ELSIF v_old.status = p_status THEN
    v_outcome := 'ok';
  ELSIF v_old.status <> 'RECRUITING' THEN
    v_outcome := 'illegal';
  ELSIF p_status = 'CLOSED' AND trade.counted(v_old) < v_old.min_participants THEN
    v_outcome := 'minimum';
  ELSE
    v_new := v_old;
    v_new.status := p_status;
    v_new.reason := 'SELLER';
    v_new := trade.save_product(v_old, v_new, NULL, p_actor, p_note, NULL, NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
END $$;

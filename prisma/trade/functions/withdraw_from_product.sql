-- A purchase is taken back, while the product recruits.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.withdraw_from_product(p_id text, p_user text, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    DELETE FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
    v_new := trade.save_product(v_old, trade.drop_place(v_old, v_place, 'withdrawn', p_origin), 'buyer.withdrawn', p_user,
      NULL, jsonb_build_object('quantity', v_place.quantity), CASE WHEN v_place.committed THEN 'buyer.withdrawn' END,
      jsonb_build_object('userId', p_user), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

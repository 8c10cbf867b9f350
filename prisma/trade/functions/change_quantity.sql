-- How many a buyer takes, while the product recruits. The same number again is ok and changes nothing. The place stays
-- what it is: cap and minimum count people. Where more is due than was authorised, its payment is PENDING again, and where it is
-- no longer, AUTHORIZED.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.change_quantity(p_id text, p_user text, p_quantity integer, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
  v_before integer;
  v_kind text;
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
  ELSIF v_place.quantity = p_quantity THEN
    RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
  ELSE
    v_before := v_place.quantity;
    v_new := v_old;
    IF v_place.payment_status = 'AUTHORIZED' AND v_place.payment_amount < v_old.price_amount * p_quantity THEN
      v_place.payment_status := 'PENDING';
      v_place.payment_due_at := trade.payment_due(v_old, p_origin);
      v_new.authorized_count := v_old.authorized_count - 1;
      v_kind := 'buyer.withdrawn';
    ELSIF v_place.payment_status = 'PENDING' AND v_place.payment_amount >= v_old.price_amount * p_quantity THEN
      v_place.payment_status := 'AUTHORIZED';
      v_new.authorized_count := v_old.authorized_count + 1;
      v_kind := 'buyer.committed';
    END IF;
    UPDATE trade.participations s SET quantity = p_quantity, payment_status = v_place.payment_status,
      payment_due_at = v_place.payment_due_at, committed = coalesce(v_place.payment_status = 'AUTHORIZED', true)
    WHERE s.product_id = p_id AND s.user_id = p_user
    RETURNING * INTO v_place;
    v_new.unit_count := v_old.unit_count + p_quantity - v_before;
    v_new := trade.save_product(v_old, v_new, 'buyer.changed', p_user, NULL,
      jsonb_strip_nulls(jsonb_build_object('quantity', p_quantity, 'before', v_before,
        'dueAt', CASE WHEN v_kind = 'buyer.withdrawn' THEN trade.iso(v_place.payment_due_at) END)),
      v_kind, jsonb_build_object('userId', p_user, 'nickname', v_place.nickname), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

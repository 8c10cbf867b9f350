-- A purchase. The one that fills the last place closes the product.
-- Outcomes: ok, not_found, seller, already, ended.
CREATE OR REPLACE FUNCTION trade.join_product(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb, p_claim jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_taken record;
  v_at timestamptz;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  -- Ended is final, so the many who come too late need not queue for the lock.
  IF v_old.status = 'RECRUITING' THEN
    SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
    -- Read before the deadline is judged: read afterwards, a purchase that was in time could be stored as one that was not.
    v_at := trade.instant();
    v_old := trade.settle(v_old, p_origin);
  END IF;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'already', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' OR v_old.participant_count >= v_old.max_participants THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    v_taken := trade.take_place(v_old, p_user, p_nickname, p_tag, p_quantity, v_at, 'buyer.committed', p_origin);
    PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_taken.place)));
    RETURN QUERY SELECT 'ok', to_jsonb(v_taken.product), to_jsonb(v_taken.place);
  END IF;
END $$;

-- Puts somebody on the waiting list of a product that has no place free.
-- Outcomes: ok, not_found, seller, already (takes part), waiting (waits), ended, no_list, free (there are places).
CREATE OR REPLACE FUNCTION trade.join_waiting(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb)
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
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old);
  ELSIF EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'already', to_jsonb(v_old);
  ELSIF EXISTS (SELECT 1 FROM trade.waiting w WHERE w.product_id = p_id AND w.user_id = p_user) THEN
    RETURN QUERY SELECT 'waiting', to_jsonb(v_old);
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old);
  ELSIF NOT v_old.waiting_list THEN
    RETURN QUERY SELECT 'no_list', to_jsonb(v_old);
  ELSIF v_old.participant_count < v_old.max_participants THEN
    RETURN QUERY SELECT 'free', to_jsonb(v_old);
  ELSE
    INSERT INTO trade.waiting (product_id, user_id, nickname, tag, quantity, created_at)
    VALUES (p_id, p_user, p_nickname, p_tag, p_quantity, trade.instant());
    v_new := v_old;
    v_new.waiting_count := v_old.waiting_count + 1;
    v_new := trade.write_product(v_old, v_new, 'waiting.joined', p_user, NULL,
      jsonb_build_object('quantity', p_quantity), NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new);
  END IF;
END $$;

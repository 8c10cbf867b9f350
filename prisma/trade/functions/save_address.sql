-- Where a purchase is sent, sealed. While the product recruits it may be changed; who bought and gave none may do so
-- after the product has closed too: the purchase that fills it closes it.
-- `p_keys`: the ids of all keys that the service has.
-- Outcomes: ok, not_found, seller, absent, ended, wrong_key (another one has that id), unknown_key (sealed what is there).
CREATE OR REPLACE FUNCTION trade.save_address(
  p_id text, p_user text, p_key text, p_fingerprint text, p_keys text[], p_sealed bytea, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, written_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_before trade.addresses;
  v_at timestamptz;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::timestamptz;
    RETURN;
  END IF;
  v_product := trade.settle(v_product, p_origin);
  SELECT * INTO v_before FROM trade.addresses a WHERE a.product_id = p_id AND a.user_id = p_user;
  IF v_product.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_product), NULL::timestamptz;
  ELSIF NOT EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_product), NULL::timestamptz;
  ELSIF v_before.sealed = p_sealed THEN
    -- Asked again by who did not hear the answer: no two are sealed alike.
    RETURN QUERY SELECT 'ok', to_jsonb(v_product), v_before.updated_at;
  ELSIF v_product.status = 'CANCELLED' OR (v_product.status <> 'RECRUITING' AND v_before.user_id IS NOT NULL) THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_product), NULL::timestamptz;
  ELSIF v_before.user_id IS NOT NULL AND v_before.key_id <> ALL (p_keys) THEN
    RETURN QUERY SELECT 'unknown_key', to_jsonb(v_product), NULL::timestamptz;
  ELSE
    INSERT INTO trade.address_keys (id, fingerprint) VALUES (p_key, p_fingerprint) ON CONFLICT DO NOTHING;
    IF (SELECT k.fingerprint FROM trade.address_keys k WHERE k.id = p_key) <> p_fingerprint THEN
      RETURN QUERY SELECT 'wrong_key', to_jsonb(v_product), NULL::timestamptz;
      RETURN;
    END IF;
    INSERT INTO trade.addresses AS a (product_id, user_id, key_id, sealed, updated_at)
    VALUES (p_id, p_user, p_key, p_sealed, trade.instant())
    ON CONFLICT (product_id, user_id) DO UPDATE
      SET key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at
    RETURNING a.updated_at INTO v_at;
    RETURN QUERY SELECT 'ok', to_jsonb(v_product), v_at;
  END IF;
END $$;

-- What a product is to have of these pictures, in their order, after locking them until the end of the transaction; null: one of them
-- is neither the product's nor a free one of this user's. The caller holds the product's lock, or is about to make it.
CREATE OR REPLACE FUNCTION trade.find_pictures(p_product text, p_user text, p_ids jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_found jsonb;
BEGIN
  PERFORM 1 FROM trade.pictures o
  WHERE o.id IN (SELECT i::uuid FROM jsonb_array_elements_text(p_ids) i) ORDER BY o.id FOR NO KEY UPDATE;
  SELECT coalesce(jsonb_agg(trade.picture_json(o) ORDER BY i.n), '[]') INTO v_found
  FROM jsonb_array_elements_text(p_ids) WITH ORDINALITY AS i (id, n) JOIN trade.pictures o ON o.id = i.id::uuid
  WHERE o.type IS NOT NULL AND NOT o.gone AND (o.product_id = p_product OR o.product_id IS NULL AND o.user_id = p_user);
  RETURN CASE WHEN jsonb_array_length(v_found) = jsonb_array_length(p_ids) THEN v_found END;
END $$;

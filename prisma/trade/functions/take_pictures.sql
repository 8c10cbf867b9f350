-- Gives a product these pictures, which `find_pictures` has found and locked, and takes all others from it: those go at once.
CREATE OR REPLACE FUNCTION trade.take_pictures(p_product text, p_ids jsonb) RETURNS void
LANGUAGE sql AS $$
  UPDATE trade.pictures o SET product_id = NULL, loose_since = '-infinity'
  WHERE o.product_id = p_product AND NOT p_ids ? o.id::text;
  UPDATE trade.pictures o SET product_id = p_product
  WHERE o.id IN (SELECT i::uuid FROM jsonb_array_elements_text(p_ids) i) AND o.product_id IS DISTINCT FROM p_product;
$$;

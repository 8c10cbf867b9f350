-- What a product is found by. `p_forms`: {"title", "category", "tags", "description"} in the form in which searches compare; what
-- it does not name stays. The caller holds the product's lock, or has just made it.
CREATE OR REPLACE FUNCTION trade.save_texts(p_id text, p_forms jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.product_texts AS t (product_id, title, category, tags, description)
  VALUES (p_id, coalesce(p_forms ->> 'title', ''), coalesce(p_forms ->> 'category', ''), coalesce(p_forms ->> 'tags', ''),
    coalesce(p_forms ->> 'description', ''))
  ON CONFLICT (product_id) DO UPDATE SET
    title = coalesce(p_forms ->> 'title', t.title), category = coalesce(p_forms ->> 'category', t.category),
    tags = coalesce(p_forms ->> 'tags', t.tags), description = coalesce(p_forms ->> 'description', t.description)
$$;

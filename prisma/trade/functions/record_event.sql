-- Keeps an event of the audit for webhooks, where there is one, as things are at that moment. `p_id`: of the audit's row.
-- The caller holds the product's lock: ids of a product's events follow the order of commits.
CREATE OR REPLACE FUNCTION trade.record_event(p_id bigint, p trade.products, p_event text, p_user text, p_data jsonb)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM trade.webhooks) OR trade.webhook_type(p_event) IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO trade.webhook_events (id, product_id, type, user_id, product, place, data, due, at)
  SELECT p_id, p.id, trade.webhook_type(p_event), p_user, to_jsonb(p), (
      SELECT to_jsonb(s) FROM trade.participations s
      WHERE p_event NOT LIKE 'product.%' AND s.product_id = p.id AND s.user_id = p_user),
    p_data, p_data ? 'dueAt', trade.instant();
END $$;

-- Claims what is due: of a lane, which is an endpoint and a product, the oldest delivery; and deliveries that were set aside.
-- `p_each`: of one endpoint at most. `p_busy`: endpoints that have as many under way as they may. A claim that is not settled ends with its lease.
CREATE OR REPLACE FUNCTION trade.webhook_claim(p_claim uuid, p_limit integer, p_each integer, p_lease_ms integer, p_busy text[])
RETURNS TABLE (delivery jsonb, event jsonb, webhook jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_until timestamptz := v_now + p_lease_ms * interval '1 millisecond';
  v_ids bigint[];
  v_aside bigint[];
BEGIN
  WITH due AS (
    -- By endpoint: what waits for one that is disabled, or busy, is not even looked at.
    SELECT o.webhook_id, o.product_id, o.due_at FROM trade.webhooks h
    CROSS JOIN LATERAL (
      SELECT l.webhook_id, l.product_id, l.due_at FROM trade.webhook_lanes l
      WHERE l.webhook_id = h.id AND l.due_at <= v_now ORDER BY l.due_at LIMIT p_each) o
    WHERE h.disabled_at IS NULL AND NOT h.id = ANY (p_busy)
    ORDER BY o.due_at LIMIT p_limit
  ), free AS (
    SELECT l.webhook_id, l.product_id FROM due
    JOIN trade.webhook_lanes l ON l.webhook_id = due.webhook_id AND l.product_id = due.product_id
    WHERE l.due_at <= v_now FOR UPDATE OF l SKIP LOCKED
  ), claimed AS (
    UPDATE trade.webhook_lanes l SET claim = p_claim, due_at = v_until
    FROM free WHERE l.webhook_id = free.webhook_id AND l.product_id = free.product_id
    RETURNING l.webhook_id, l.product_id
  )
  SELECT array_agg(head.id) INTO v_ids FROM claimed c
  CROSS JOIN LATERAL (
    SELECT d.id FROM trade.webhook_deliveries d
    WHERE d.webhook_id = c.webhook_id AND d.product_id = c.product_id AND d.status = 'pending'
    ORDER BY d.id LIMIT 1) head;
  -- Of lanes whose deliveries were kept long enough, nothing is left.
  DELETE FROM trade.webhook_lanes l WHERE l.claim = p_claim AND NOT EXISTS (
    SELECT 1 FROM trade.webhook_deliveries d
    WHERE d.webhook_id = l.webhook_id AND d.product_id = l.product_id AND d.status = 'pending');
  WITH due AS (
    SELECT d.id FROM trade.webhook_deliveries d
    JOIN trade.webhooks h ON h.id = d.webhook_id AND h.disabled_at IS NULL
    WHERE d.status = 'failed' AND d.next_at <= v_now AND NOT d.webhook_id = ANY (p_busy)
    ORDER BY d.next_at LIMIT p_each FOR UPDATE OF d SKIP LOCKED
  ), claimed AS (
    UPDATE trade.webhook_deliveries d SET next_at = v_until FROM due WHERE d.id = due.id RETURNING d.id
  )
  SELECT array_agg(c.id) INTO v_aside FROM claimed c;
  RETURN QUERY
    SELECT to_jsonb(d), to_jsonb(e), to_jsonb(h) || jsonb_build_object('old_signs', h.old_until > v_now) FROM trade.webhook_deliveries d
    JOIN trade.webhook_events e ON e.id = d.event_id
    JOIN trade.webhooks h ON h.id = d.webhook_id
    WHERE d.id = ANY (coalesce(v_ids, '{}') || coalesce(v_aside, '{}')) ORDER BY d.id;
END $$;

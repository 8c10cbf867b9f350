-- Hands up to `p_limit` events to the endpoints that want them, and says how many events those were; null: another is at it. One at a time: an event of
-- a product must not be overtaken by the next. Endpoints that are disabled get theirs too, and wait with them.
CREATE OR REPLACE FUNCTION trade.webhook_fan_out(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
  v_now timestamptz := trade.instant();
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('trade.webhook_fan_out')) THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(e.id) INTO v_ids
  FROM (SELECT id FROM trade.webhook_events WHERE NOT fanned ORDER BY id LIMIT p_limit) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  WITH named AS (
    SELECT e.id, e.product_id, e.at, n.place, n.type
    FROM trade.webhook_events e
    -- A payment that becomes due is an event of its own, right after the one that made it so.
    CROSS JOIN LATERAL (VALUES (0, e.type), (1, CASE WHEN e.due THEN 'participation.payment_due' END)) AS n (place, type)
    WHERE e.id = ANY (v_ids) AND n.type IS NOT NULL
  )
  INSERT INTO trade.webhook_deliveries (webhook_id, event_id, type, product_id)
  SELECT h.id, n.id, n.type, n.product_id FROM named n
  JOIN trade.webhooks h ON n.at >= h.created_at AND (cardinality(h.events) = 0 OR n.type = ANY (h.events))
  -- Deliveries go by their ids.
  ORDER BY n.id, n.place, h.id;
  -- An update, never DO NOTHING: it waits for a delivery that is about to remove the row. In one order, as all lock them.
  INSERT INTO trade.webhook_lanes (webhook_id, product_id, due_at)
  -- One moment for all: with one of its own each row would differ from the others.
  SELECT DISTINCT d.webhook_id, d.product_id, v_now FROM trade.webhook_deliveries d
  WHERE d.event_id = ANY (v_ids) ORDER BY 1, 2
  ON CONFLICT (webhook_id, product_id) DO UPDATE SET due_at = trade.webhook_lanes.due_at;
  UPDATE trade.webhook_events SET fanned = true WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

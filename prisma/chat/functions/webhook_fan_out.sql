-- Hands up to `p_limit` events to the endpoints that want them, and says how many events those were; null: another is at it. One at a time: an event of
-- a room must not be overtaken by the next. Endpoints that are disabled get theirs too, and wait with them.
CREATE OR REPLACE FUNCTION chat.webhook_fan_out(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
  v_now timestamptz := clock_timestamp();
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('chat.webhook_fan_out')) THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(e.id) INTO v_ids
  FROM (SELECT id FROM chat.webhook_events WHERE NOT fanned ORDER BY id LIMIT p_limit) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  INSERT INTO chat.webhook_deliveries (webhook_id, event_id, type, room_id)
  SELECT h.id, e.id, e.type, e.room_id FROM chat.webhook_events e
  JOIN chat.webhooks h ON e.at >= h.created_at AND (cardinality(h.events) = 0 OR e.type = ANY (h.events))
  WHERE e.id = ANY (v_ids)
  -- Deliveries go by their ids.
  ORDER BY e.id, h.id;
  -- An update, never DO NOTHING: it waits for a delivery that is about to remove the row. In one order, as all lock them.
  INSERT INTO chat.webhook_lanes (webhook_id, room_id, due_at)
  -- One moment for all: with one of its own each row would differ from the others.
  SELECT DISTINCT d.webhook_id, d.room_id, v_now FROM chat.webhook_deliveries d
  WHERE d.event_id = ANY (v_ids) ORDER BY 1, 2
  ON CONFLICT (webhook_id, room_id) DO UPDATE SET due_at = chat.webhook_lanes.due_at;
  UPDATE chat.webhook_events SET fanned = true WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Removes deliveries of events older than `p_keep_ms`, up to `p_limit` events, and the events. Says how many events.
CREATE OR REPLACE FUNCTION chat.webhook_purge(p_keep_ms bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  -- An endpoint may have been removed while an event was handed to it.
  DELETE FROM chat.webhook_lanes l WHERE (l.webhook_id, l.room_id) IN (
    SELECT o.webhook_id, o.room_id FROM chat.webhook_lanes o
    WHERE NOT EXISTS (SELECT 1 FROM chat.webhooks h WHERE h.id = o.webhook_id) FOR UPDATE SKIP LOCKED);
  SELECT array_agg(e.id) INTO v_ids FROM (
    SELECT id FROM chat.webhook_events WHERE at < clock_timestamp() - p_keep_ms * interval '1 millisecond'
    ORDER BY at LIMIT p_limit FOR UPDATE SKIP LOCKED) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM chat.webhook_deliveries d WHERE d.event_id = ANY (v_ids);
  DELETE FROM chat.webhook_events e WHERE e.id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Delivers again what failed, or one delivery whatever became of it: at once, beside what waits in its lane.
-- How many.
CREATE OR REPLACE FUNCTION chat.webhook_redeliver(p_webhook text, p_id bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
BEGIN
  UPDATE chat.webhook_deliveries d SET status = 'failed', next_at = clock_timestamp(), first_tried_at = clock_timestamp()
  WHERE d.webhook_id = p_webhook AND d.status <> 'pending' AND (d.id = p_id OR (p_id IS NULL AND d.status = 'failed'));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

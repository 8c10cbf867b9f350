-- Removes an endpoint and what it had still to be told. False: there was none.
CREATE OR REPLACE FUNCTION chat.webhook_remove(p_webhook text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Lanes first and in one order, as all lock them.
  PERFORM 1 FROM chat.webhook_lanes l WHERE l.webhook_id = p_webhook ORDER BY l.room_id FOR UPDATE;
  DELETE FROM chat.webhook_lanes l WHERE l.webhook_id = p_webhook;
  DELETE FROM chat.webhook_deliveries d WHERE d.webhook_id = p_webhook;
  DELETE FROM chat.webhooks h WHERE h.id = p_webhook;
  RETURN FOUND;
END $$;

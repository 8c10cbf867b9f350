-- A new endpoint; null: there are `p_max` already (null: any number). One at a time, so that the number is exact.
CREATE OR REPLACE FUNCTION chat.webhook_create(
  p_webhook text, p_url text, p_events text[], p_description text, p_secret text, p_max integer
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_made chat.webhooks;
BEGIN
  IF p_max IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('gongu chat webhooks', 0));
    IF (SELECT count(*) FROM chat.webhooks) >= p_max THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO chat.webhooks (id, url, events, description, secret)
  VALUES (p_webhook, p_url, p_events, p_description, p_secret)
  RETURNING * INTO v_made;
  RETURN to_jsonb(v_made);
END $$;

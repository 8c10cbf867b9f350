-- What became of an attempt. `p_outcome`: delivered; retry, in `p_delay_ms`; gone (the endpoint wants nothing any more). A
-- delivery that has blocked its lane for an hour is set aside, and one that was tried for three days is given up.
-- False: the claim was lost, and whoever has it now tells.
CREATE OR REPLACE FUNCTION chat.webhook_settle(
  p_id bigint, p_claim uuid, p_outcome text, p_answer integer, p_error text, p_delay_ms bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_delivery chat.webhook_deliveries;
  v_now timestamptz := clock_timestamp();
  v_aside boolean;
BEGIN
  SELECT * INTO v_delivery FROM chat.webhook_deliveries d WHERE d.id = p_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF v_delivery.status = 'pending' THEN
    PERFORM 1 FROM chat.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id AND l.claim = p_claim FOR UPDATE;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  UPDATE chat.webhook_deliveries d SET
    attempts = d.attempts + 1, tried_at = v_now, first_tried_at = coalesce(d.first_tried_at, v_now), answer = p_answer,
    error = p_error,
    status = CASE
      WHEN p_outcome = 'delivered' THEN 'delivered'
      WHEN d.status = 'pending' AND p_outcome = 'retry' AND d.first_tried_at <= v_now - interval '1 hour' THEN 'failed'
      ELSE d.status END,
    next_at = CASE
      -- It goes on once the endpoint is enabled again.
      WHEN p_outcome = 'gone' AND d.status = 'failed' THEN v_now
      WHEN p_outcome = 'retry' AND (d.status = 'failed' OR d.first_tried_at <= v_now - interval '1 hour')
        AND coalesce(d.first_tried_at, v_now) > v_now - interval '3 days' THEN v_now + p_delay_ms * interval '1 millisecond' END
  WHERE d.id = p_id RETURNING d.status = 'pending' INTO v_aside;
  IF p_outcome = 'gone' THEN
    UPDATE chat.webhooks h SET disabled_at = v_now, disabled_reason = 'GONE'
    WHERE h.id = v_delivery.webhook_id AND h.disabled_at IS NULL;
  END IF;
  IF v_delivery.status <> 'pending' THEN
    RETURN true;
  END IF;
  IF v_aside THEN
    UPDATE chat.webhook_lanes l SET claim = NULL, due_at = v_now + p_delay_ms * interval '1 millisecond'
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  ELSIF EXISTS (SELECT 1 FROM chat.webhook_deliveries d WHERE d.webhook_id = v_delivery.webhook_id
    AND d.room_id = v_delivery.room_id AND d.status = 'pending') THEN
    UPDATE chat.webhook_lanes l SET claim = NULL, due_at = v_now
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  ELSE
    DELETE FROM chat.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  END IF;
  RETURN true;
END $$;

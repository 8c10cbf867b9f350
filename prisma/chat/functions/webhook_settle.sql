-- What became of attempts: of each its `id`, `claim`, `attempts` (that were made before it), `outcome` (delivered; retry, in `delayMs`; gone: the endpoint wants nothing any
-- more), `answer` and `error`. A delivery that has blocked its lane for an hour is set aside, and one that was tried for three
-- days is given up. How many were settled: of the others the claim was lost, and whoever has it now tells; so what has been delivered
-- shows no answer of an attempt that ended late, and what was set aside none of one before the last.
CREATE OR REPLACE FUNCTION chat.webhook_settle(p_attempts jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_held bigint[];
  v_aside bigint[];
BEGIN
  -- Lanes first and in one order, as all lock them.
  WITH held AS (
    SELECT g.id FROM jsonb_to_recordset(p_attempts) AS g (id bigint, claim uuid)
    JOIN chat.webhook_deliveries d ON d.id = g.id AND d.status = 'pending'
    JOIN chat.webhook_lanes l ON l.webhook_id = d.webhook_id AND l.room_id = d.room_id AND l.claim = g.claim
    ORDER BY l.webhook_id, l.room_id FOR UPDATE OF l
  )
  SELECT coalesce(array_agg(h.id), '{}') INTO v_held FROM held h;
  SELECT coalesce(array_agg(d.id ORDER BY d.id), '{}') INTO v_aside
  FROM jsonb_to_recordset(p_attempts) AS g (id bigint, outcome text, attempts integer)
  JOIN chat.webhook_deliveries d ON d.id = g.id AND d.status = 'failed'
    -- Another one was settled since it began. One that delivered counts all the same.
    AND (g.outcome = 'delivered' OR coalesce(g.attempts, d.attempts) = d.attempts);
  UPDATE chat.webhook_deliveries d SET
    attempts = d.attempts + 1, tried_at = v_now, first_tried_at = coalesce(d.first_tried_at, v_now), answer = g.answer,
    error = g.error,
    status = CASE
      WHEN g.outcome = 'delivered' THEN 'delivered'
      WHEN d.status = 'pending' AND g.outcome = 'retry' AND d.first_tried_at <= v_now - interval '1 hour' THEN 'failed'
      ELSE d.status END,
    next_at = CASE
      -- It goes on once the endpoint is enabled again.
      WHEN g.outcome = 'gone' AND d.status = 'failed' THEN v_now
      WHEN g.outcome = 'retry' AND (d.status = 'failed' OR d.first_tried_at <= v_now - interval '1 hour')
        AND coalesce(d.first_tried_at, v_now) > v_now - interval '3 days' THEN v_now + g."delayMs" * interval '1 millisecond' END
  FROM jsonb_to_recordset(p_attempts) AS g (id bigint, outcome text, answer integer, error text, "delayMs" bigint)
  WHERE d.id = g.id AND d.id = ANY (v_held || v_aside);
  UPDATE chat.webhooks h SET disabled_at = v_now, disabled_reason = 'GONE'
  WHERE h.disabled_at IS NULL AND h.id IN (
    SELECT d.webhook_id FROM jsonb_to_recordset(p_attempts) AS g (id bigint, outcome text)
    JOIN chat.webhook_deliveries d ON d.id = g.id WHERE g.outcome = 'gone' AND d.id = ANY (v_held || v_aside));
  -- What is still to be told in these lanes is due: at once, or when it may be tried again.
  UPDATE chat.webhook_lanes l SET claim = NULL,
    due_at = CASE d.status WHEN 'pending' THEN v_now + g."delayMs" * interval '1 millisecond' ELSE v_now END
  FROM jsonb_to_recordset(p_attempts) AS g (id bigint, "delayMs" bigint)
  JOIN chat.webhook_deliveries d ON d.id = g.id
  WHERE d.id = ANY (v_held) AND l.webhook_id = d.webhook_id AND l.room_id = d.room_id AND EXISTS (
    SELECT 1 FROM chat.webhook_deliveries n
    WHERE n.webhook_id = l.webhook_id AND n.room_id = l.room_id AND n.status = 'pending');
  DELETE FROM chat.webhook_lanes l USING chat.webhook_deliveries d
  WHERE d.id = ANY (v_held) AND l.webhook_id = d.webhook_id AND l.room_id = d.room_id AND l.claim IS NOT NULL;
  RETURN cardinality(v_held || v_aside);
END $$;

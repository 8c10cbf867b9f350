DROP FUNCTION chat.webhook_settle(bigint,uuid,text,integer,text,bigint);

-- DropIndex
DROP INDEX "webhook_lanes_due_at_idx";

-- CreateIndex
CREATE INDEX "webhook_lanes_webhook_id_due_at_idx" ON "webhook_lanes"("webhook_id", "due_at");

-- Claims what is due: of a lane, which is an endpoint and a room, the oldest delivery; and deliveries that were set aside.
-- `p_each`: of one endpoint at most. `p_busy`: endpoints that have as many under way as they may. A claim that is not settled ends with its lease.
CREATE OR REPLACE FUNCTION chat.webhook_claim(p_claim uuid, p_limit integer, p_each integer, p_lease_ms integer, p_busy text[])
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
    SELECT o.webhook_id, o.room_id, o.due_at FROM chat.webhooks h
    CROSS JOIN LATERAL (
      SELECT l.webhook_id, l.room_id, l.due_at FROM chat.webhook_lanes l
      WHERE l.webhook_id = h.id AND l.due_at <= v_now ORDER BY l.due_at LIMIT p_each) o
    WHERE h.disabled_at IS NULL AND NOT h.id = ANY (p_busy)
    ORDER BY o.due_at LIMIT p_limit
  ), free AS (
    SELECT l.webhook_id, l.room_id FROM due
    JOIN chat.webhook_lanes l ON l.webhook_id = due.webhook_id AND l.room_id = due.room_id
    WHERE l.due_at <= v_now FOR UPDATE OF l SKIP LOCKED
  ), claimed AS (
    UPDATE chat.webhook_lanes l SET claim = p_claim, due_at = v_until
    FROM free WHERE l.webhook_id = free.webhook_id AND l.room_id = free.room_id
    RETURNING l.webhook_id, l.room_id
  )
  SELECT array_agg(head.id) INTO v_ids FROM claimed c
  CROSS JOIN LATERAL (
    SELECT d.id FROM chat.webhook_deliveries d
    WHERE d.webhook_id = c.webhook_id AND d.room_id = c.room_id AND d.status = 'pending'
    ORDER BY d.id LIMIT 1) head;
  -- Of lanes whose deliveries were kept long enough, nothing is left.
  DELETE FROM chat.webhook_lanes l WHERE l.claim = p_claim AND NOT EXISTS (
    SELECT 1 FROM chat.webhook_deliveries d
    WHERE d.webhook_id = l.webhook_id AND d.room_id = l.room_id AND d.status = 'pending');
  WITH due AS (
    SELECT d.id FROM chat.webhook_deliveries d
    JOIN chat.webhooks h ON h.id = d.webhook_id AND h.disabled_at IS NULL
    WHERE d.status = 'failed' AND d.next_at <= v_now AND NOT d.webhook_id = ANY (p_busy)
    ORDER BY d.next_at LIMIT p_each FOR UPDATE OF d SKIP LOCKED
  ), claimed AS (
    UPDATE chat.webhook_deliveries d SET next_at = v_until FROM due WHERE d.id = due.id RETURNING d.id
  )
  SELECT array_agg(c.id) INTO v_aside FROM claimed c;
  RETURN QUERY
    SELECT to_jsonb(d),
      -- Of a report that is no more, and of who was erased, nobody is told.
      to_jsonb(e) || jsonb_build_object('reporter_id', q.reporter_id, 'sender_id', q.message #>> '{sender,userId}'),
      to_jsonb(h) || jsonb_build_object('old_signs', h.old_until > v_now) FROM chat.webhook_deliveries d
    JOIN chat.webhook_events e ON e.id = d.event_id
    JOIN chat.webhooks h ON h.id = d.webhook_id
    LEFT JOIN chat.reports q ON q.report_id = e.report_id
    WHERE d.id = ANY (coalesce(v_ids, '{}') || coalesce(v_aside, '{}')) ORDER BY d.id;
END $$;

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

-- What became of attempts: of each its `id`, `claim`, `outcome` (delivered; retry, in `delayMs`; gone: the endpoint wants nothing any
-- more), `answer` and `error`. A delivery that has blocked its lane for an hour is set aside, and one that was tried for three
-- days is given up. How many were settled: of the others the claim was lost, and whoever has it now tells.
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
  FROM jsonb_to_recordset(p_attempts) AS g (id bigint) JOIN chat.webhook_deliveries d ON d.id = g.id AND d.status <> 'pending';
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

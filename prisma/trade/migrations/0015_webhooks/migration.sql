-- CreateTable
CREATE TABLE "webhooks" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "old_secret" TEXT,
    "old_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_events" (
    "id" BIGINT NOT NULL,
    "product_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "user_id" TEXT,
    "product" JSONB NOT NULL,
    "place" JSONB,
    "data" JSONB,
    "due" BOOLEAN,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "fanned" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" BIGSERIAL NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "event_id" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_tried_at" TIMESTAMPTZ(3),
    "tried_at" TIMESTAMPTZ(3),
    "next_at" TIMESTAMPTZ(3),
    "answer" INTEGER,
    "error" TEXT,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_lanes" (
    "webhook_id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "claim" UUID,

    CONSTRAINT "webhook_lanes_pkey" PRIMARY KEY ("webhook_id","product_id")
);

-- CreateIndex
CREATE INDEX "webhooks_created_at_id_idx" ON "webhooks"("created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_events_at_idx" ON "webhook_events"("at");

-- CreateIndex
CREATE INDEX "webhook_deliveries_webhook_id_id_idx" ON "webhook_deliveries"("webhook_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_event_id_webhook_id_type_key" ON "webhook_deliveries"("event_id", "webhook_id", "type");

-- CreateIndex
CREATE INDEX "webhook_lanes_due_at_idx" ON "webhook_lanes"("due_at");

-- A row of the audit: what happened to the product, by whom, and what it is now.
CREATE OR REPLACE FUNCTION trade.record_audit(
  p trade.products, p_event text, p_actor text, p_from text, p_note text, p_data jsonb, p_origin jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  INSERT INTO trade.audit (product_id, at, event, actor, from_status, to_status, reason, note, version, data,
    request_id)
  VALUES (p.id, trade.instant(), p_event, p_actor, p_from, p.status, p.reason, p_note, p.version, p_data,
    p_origin ->> 'requestId')
  RETURNING id INTO v_id;
  PERFORM trade.record_event(v_id, p, p_event, p_actor, p_data);
END $$;

-- Keeps an event of the audit for webhooks, where there is one, as things are at that moment. `p_id`: of the audit's row.
-- The caller holds the product's lock: ids of a product's events follow the order of commits.
CREATE OR REPLACE FUNCTION trade.record_event(p_id bigint, p trade.products, p_event text, p_user text, p_data jsonb)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM trade.webhooks) OR trade.webhook_type(p_event) IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO trade.webhook_events (id, product_id, type, user_id, product, place, data, due, at)
  SELECT p_id, p.id, trade.webhook_type(p_event), p_user, to_jsonb(p), (
      SELECT to_jsonb(s) FROM trade.participations s
      WHERE p_event NOT LIKE 'product.%' AND s.product_id = p.id AND s.user_id = p_user),
    p_data, p_data ? 'dueAt', trade.instant();
END $$;

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
  WITH ranked AS (
    SELECT l.webhook_id, l.product_id, row_number() OVER (PARTITION BY l.webhook_id ORDER BY l.due_at) AS n
    FROM trade.webhook_lanes l JOIN trade.webhooks h ON h.id = l.webhook_id AND h.disabled_at IS NULL
    WHERE l.due_at <= v_now AND NOT l.webhook_id = ANY (p_busy)
  ), due AS (
    SELECT l.webhook_id, l.product_id FROM ranked r
    JOIN trade.webhook_lanes l ON l.webhook_id = r.webhook_id AND l.product_id = r.product_id
    WHERE r.n <= p_each AND l.due_at <= v_now
    ORDER BY l.due_at LIMIT p_limit FOR UPDATE OF l SKIP LOCKED
  ), claimed AS (
    UPDATE trade.webhook_lanes l SET claim = p_claim, due_at = v_until
    FROM due WHERE l.webhook_id = due.webhook_id AND l.product_id = due.product_id
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

-- Hands up to `p_limit` events to the endpoints that want them, and says how many events those were. One at a time: an event of
-- a product must not be overtaken by the next. Endpoints that are disabled get theirs too, and wait with them.
CREATE OR REPLACE FUNCTION trade.webhook_fan_out(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('trade.webhook_fan_out')) THEN
    RETURN 0;
  END IF;
  SELECT array_agg(e.id) INTO v_ids
  FROM (SELECT id FROM trade.webhook_events WHERE NOT fanned ORDER BY id LIMIT p_limit) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  WITH named AS (
    SELECT e.id, e.product_id, e.at, n.type
    FROM trade.webhook_events e
    -- A payment that becomes due is an event of its own, right after the one that made it so.
    CROSS JOIN LATERAL (VALUES (e.type), (CASE WHEN e.due THEN 'participation.payment_due' END)) AS n (type)
    WHERE e.id = ANY (v_ids) AND n.type IS NOT NULL
  )
  INSERT INTO trade.webhook_deliveries (webhook_id, event_id, type, product_id)
  SELECT h.id, n.id, n.type, n.product_id FROM named n
  JOIN trade.webhooks h ON n.at >= h.created_at AND (cardinality(h.events) = 0 OR n.type = ANY (h.events));
  -- An update, never DO NOTHING: it waits for a delivery that is about to remove the row. In one order, as all lock them.
  INSERT INTO trade.webhook_lanes (webhook_id, product_id, due_at)
  SELECT DISTINCT d.webhook_id, d.product_id, trade.instant() FROM trade.webhook_deliveries d
  WHERE d.event_id = ANY (v_ids) ORDER BY 1, 2
  ON CONFLICT (webhook_id, product_id) DO UPDATE SET due_at = trade.webhook_lanes.due_at;
  UPDATE trade.webhook_events SET fanned = true WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Removes deliveries of events older than `p_keep_ms`, up to `p_limit` events, and the events. Says how many events.
CREATE OR REPLACE FUNCTION trade.webhook_purge(p_keep_ms bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  -- An endpoint may have been removed while an event was handed to it.
  DELETE FROM trade.webhook_lanes l WHERE (l.webhook_id, l.product_id) IN (
    SELECT o.webhook_id, o.product_id FROM trade.webhook_lanes o
    WHERE NOT EXISTS (SELECT 1 FROM trade.webhooks h WHERE h.id = o.webhook_id) FOR UPDATE SKIP LOCKED);
  SELECT array_agg(e.id) INTO v_ids FROM (
    SELECT id FROM trade.webhook_events WHERE at < clock_timestamp() - p_keep_ms * interval '1 millisecond'
    ORDER BY at LIMIT p_limit FOR UPDATE SKIP LOCKED) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM trade.webhook_deliveries d WHERE d.event_id = ANY (v_ids);
  DELETE FROM trade.webhook_events e WHERE e.id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Delivers again what failed, or one delivery whatever became of it: at once, beside what waits in its lane.
-- How many.
CREATE OR REPLACE FUNCTION trade.webhook_redeliver(p_webhook text, p_id bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
BEGIN
  UPDATE trade.webhook_deliveries d SET status = 'failed', next_at = trade.instant(), first_tried_at = trade.instant()
  WHERE d.webhook_id = p_webhook AND d.status <> 'pending' AND (d.id = p_id OR (p_id IS NULL AND d.status = 'failed'));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Removes an endpoint and what it had still to be told. False: there was none.
CREATE OR REPLACE FUNCTION trade.webhook_remove(p_webhook text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Lanes first and in one order, as all lock them.
  PERFORM 1 FROM trade.webhook_lanes l WHERE l.webhook_id = p_webhook ORDER BY l.product_id FOR UPDATE;
  DELETE FROM trade.webhook_lanes l WHERE l.webhook_id = p_webhook;
  DELETE FROM trade.webhook_deliveries d WHERE d.webhook_id = p_webhook;
  DELETE FROM trade.webhooks h WHERE h.id = p_webhook;
  RETURN FOUND;
END $$;

-- What became of an attempt. `p_outcome`: delivered; retry, in `p_delay_ms`; gone (the endpoint wants nothing any more). A
-- delivery that has blocked its lane for an hour is set aside, and one that was tried for three days is given up.
-- False: the claim was lost, and whoever has it now tells.
CREATE OR REPLACE FUNCTION trade.webhook_settle(
  p_id bigint, p_claim uuid, p_outcome text, p_answer integer, p_error text, p_delay_ms bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_delivery trade.webhook_deliveries;
  v_now timestamptz := trade.instant();
  v_aside boolean;
BEGIN
  SELECT * INTO v_delivery FROM trade.webhook_deliveries d WHERE d.id = p_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF v_delivery.status = 'pending' THEN
    PERFORM 1 FROM trade.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.product_id = v_delivery.product_id AND l.claim = p_claim FOR UPDATE;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  UPDATE trade.webhook_deliveries d SET
    attempts = d.attempts + 1, tried_at = v_now, first_tried_at = coalesce(d.first_tried_at, v_now), answer = p_answer,
    error = p_error,
    status = CASE
      WHEN p_outcome = 'delivered' THEN 'delivered'
      WHEN d.status = 'pending' AND p_outcome = 'retry' AND d.first_tried_at <= v_now - interval '1 hour' THEN 'failed'
      ELSE d.status END,
    next_at = CASE
      WHEN p_outcome = 'retry' AND (d.status = 'failed' OR d.first_tried_at <= v_now - interval '1 hour')
        AND d.first_tried_at > v_now - interval '3 days' THEN v_now + p_delay_ms * interval '1 millisecond' END
  WHERE d.id = p_id RETURNING d.status = 'pending' INTO v_aside;
  IF p_outcome = 'gone' THEN
    UPDATE trade.webhooks h SET disabled_at = v_now, disabled_reason = 'GONE'
    WHERE h.id = v_delivery.webhook_id AND h.disabled_at IS NULL;
  END IF;
  IF v_delivery.status <> 'pending' THEN
    RETURN true;
  END IF;
  IF v_aside THEN
    UPDATE trade.webhook_lanes l SET claim = NULL, due_at = v_now + p_delay_ms * interval '1 millisecond'
    WHERE l.webhook_id = v_delivery.webhook_id AND l.product_id = v_delivery.product_id;
  ELSIF EXISTS (SELECT 1 FROM trade.webhook_deliveries d WHERE d.webhook_id = v_delivery.webhook_id
    AND d.product_id = v_delivery.product_id AND d.status = 'pending') THEN
    UPDATE trade.webhook_lanes l SET claim = NULL, due_at = v_now
    WHERE l.webhook_id = v_delivery.webhook_id AND l.product_id = v_delivery.product_id;
  ELSE
    DELETE FROM trade.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.product_id = v_delivery.product_id;
  END IF;
  RETURN true;
END $$;

-- What webhooks call an event of the audit; null: they hear nothing of it.
CREATE OR REPLACE FUNCTION trade.webhook_type(p_event text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_event
    WHEN 'product.edited' THEN 'product.updated'
    WHEN 'buyer.committed' THEN 'participation.created'
    WHEN 'buyer.withdrawn' THEN 'participation.withdrawn'
    WHEN 'buyer.expired' THEN 'participation.expired'
    WHEN 'waiting.joined' THEN NULL
    WHEN 'waiting.left' THEN NULL
    WHEN 'buyer.changed' THEN 'participation.changed'
    WHEN 'payment.authorized' THEN 'participation.changed'
    WHEN 'payment.failed' THEN 'participation.changed'
    WHEN 'payment.captured' THEN 'participation.changed'
    WHEN 'payment.released' THEN 'participation.changed'
    WHEN 'payment.refunded' THEN 'participation.changed'
    ELSE p_event
  END
$$;

-- What the functions above promise.
ALTER TABLE trade.webhook_deliveries ADD CONSTRAINT webhook_deliveries_status CHECK (
  status IN ('pending', 'delivered', 'failed') AND attempts >= 0);
ALTER TABLE trade.webhooks ADD CONSTRAINT webhooks_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL));

CREATE INDEX webhook_events_fresh ON trade.webhook_events (id) WHERE NOT fanned;
CREATE INDEX webhook_deliveries_pending ON trade.webhook_deliveries (webhook_id, product_id, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_again ON trade.webhook_deliveries (next_at) WHERE status = 'failed' AND next_at IS NOT NULL;

-- AlterTable
ALTER TABLE "audit" ADD COLUMN     "person" BIGINT;

-- CreateTable
CREATE TABLE "people" (
    "number" BIGSERIAL NOT NULL,
    "user_id" TEXT,

    CONSTRAINT "people_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "erasures" (
    "id" BIGSERIAL NOT NULL,
    "user_id" TEXT,
    "person" BIGINT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'RUNNING',
    "counts" JSONB NOT NULL DEFAULT '{}',
    "waits_for" JSONB NOT NULL DEFAULT '{}',
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "looked_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "erasures_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "people_user_id_key" ON "people"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "erasures_user_id_key" ON "erasures"("user_id");

-- CreateIndex
CREATE INDEX "erasures_finished_at_id_idx" ON "erasures"("finished_at", "id");

-- CreateIndex
CREATE INDEX "audit_person_id_idx" ON "audit"("person", "id");

-- One portion of the oldest erasure that can go on, in one transaction: whoever is killed in it has done none of it, and
-- another goes on. Null: there is nothing to do. What is held for a legal reason, what still recruits, and a payment that is
-- still to be captured or released, which the shop reports under his id, is left: the erasure waits, and is looked at again when `p_retry_s` have passed.
CREATE OR REPLACE FUNCTION trade.erase_portion(p_limit integer, p_retry_s integer) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  e trade.erasures;
  v_alias text;
  v_product text;
  v_outcome text;
  v_kind text;
  v_done integer := 0;
  v_waits jsonb;
BEGIN
  SELECT * INTO e FROM trade.erasures o
  WHERE o.finished_at IS NULL AND (o.looked_at IS NULL OR o.looked_at < clock_timestamp() - p_retry_s * interval '1 second')
  ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN NULL; END IF;
  v_alias := 'erased-' || e.person;

  IF trade.is_held('USER', e.user_id) THEN
    v_waits := jsonb_build_object('held', 1);
  ELSE
    -- One product a transaction: its lock comes first wherever one is taken.
    SELECT t.product_id INTO v_product FROM trade.waiting t
    WHERE t.user_id = e.user_id AND NOT trade.is_held('PRODUCT', t.product_id) LIMIT 1;
    IF FOUND THEN
      SELECT l.outcome INTO v_outcome FROM trade.leave_waiting(v_product, e.user_id, '{}') l;
      v_kind := 'waiting';
      v_done := CASE v_outcome WHEN 'ok' THEN 1 ELSE 0 END;
    END IF;
    IF v_kind IS NULL THEN
      SELECT s.product_id INTO v_product FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = e.user_id AND p.status = 'RECRUITING' AND NOT trade.is_held('PRODUCT', s.product_id) LIMIT 1;
      IF FOUND THEN
        SELECT w.outcome INTO v_outcome FROM trade.withdraw_from_product(v_product, e.user_id, '{}') w;
        v_kind := 'withdrawn';
        -- It ended meanwhile: then it is one that is kept.
        v_done := CASE v_outcome WHEN 'ok' THEN 1 ELSE 0 END;
      END IF;
    END IF;
    IF v_kind IS NULL THEN
      DELETE FROM trade.addresses a WHERE (a.product_id, a.user_id) IN (
        SELECT s.product_id, s.user_id FROM trade.participations s
        JOIN trade.addresses o ON o.product_id = s.product_id AND o.user_id = s.user_id
        WHERE s.user_id = e.user_id AND NOT trade.is_held('PRODUCT', s.product_id) LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'addresses'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.participations s SET user_id = v_alias, nickname = '', tag = NULL
      WHERE s.user_id = e.user_id AND s.product_id IN (
        SELECT o.product_id FROM trade.participations o JOIN trade.products p ON p.id = o.product_id
        WHERE o.user_id = e.user_id AND p.status <> 'RECRUITING' AND NOT trade.is_held('PRODUCT', o.product_id)
          AND o.payment_status IS DISTINCT FROM 'AUTHORIZED'
        LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'purchases'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.ended_payments k SET user_id = v_alias WHERE k.id IN (
        SELECT o.id FROM trade.ended_payments o
        WHERE o.user_id = e.user_id AND o.payment_status <> 'AUTHORIZED'
          AND NOT trade.is_held('PRODUCT', o.product_id) LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'endedPayments'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.products p SET seller_id = v_alias, seller_nickname = '' WHERE p.id IN (
        SELECT o.id FROM trade.products o
        WHERE o.seller_id = e.user_id AND o.status <> 'RECRUITING' AND NOT trade.is_held('PRODUCT', o.id)
        LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'products'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.address_reads r SET reader_id = v_alias WHERE (r.product_id, r.user_id) IN (
        SELECT o.product_id, o.user_id FROM trade.address_reads o WHERE o.reader_id = e.user_id LIMIT p_limit)
        AND r.reader_id = e.user_id;
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'addressReads'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      DELETE FROM trade.idempotency_keys k WHERE (k.user_id, k.route, k.key) IN (
        SELECT o.user_id, o.route, o.key FROM trade.idempotency_keys o WHERE o.user_id = e.user_id LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'idempotencyKeys'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.moderations t SET
        user_id = CASE WHEN t.user_id = e.user_id THEN v_alias ELSE t.user_id END,
        by_user_id = CASE WHEN t.by_user_id = e.user_id THEN v_alias ELSE t.by_user_id END
      WHERE t.id IN (SELECT o.id FROM trade.moderations o WHERE o.user_id = e.user_id OR o.by_user_id = e.user_id
        LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'moderations'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      UPDATE trade.holds h SET by_user_id = v_alias WHERE h.by_user_id = e.user_id;
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'holds'; END IF;
    END IF;
    IF v_kind IS NULL AND EXISTS (SELECT 1 FROM trade.audit a WHERE a.actor IS NOT NULL) THEN
      -- Rows of an earlier version name people by their ids.
      v_kind := 'auditRows';
      v_done := trade.number_actors(p_limit);
    END IF;
    IF v_kind IS NULL THEN
      SELECT jsonb_strip_nulls(jsonb_build_object(
        'purchases', nullif((SELECT count(*) FROM trade.participations s WHERE s.user_id = e.user_id), 0),
        'payments', nullif((SELECT count(*) FROM trade.ended_payments k WHERE k.user_id = e.user_id), 0),
        'waiting', nullif((SELECT count(*) FROM trade.waiting t WHERE t.user_id = e.user_id), 0),
        'products', nullif((SELECT count(*) FROM trade.products p WHERE p.seller_id = e.user_id), 0)))
      INTO v_waits;
      IF v_waits = '{}' THEN v_waits := NULL; END IF;
    END IF;
  END IF;

  IF v_waits IS NOT NULL THEN
    UPDATE trade.erasures o SET status = 'WAITING', waits_for = v_waits, looked_at = clock_timestamp() WHERE o.id = e.id
    RETURNING * INTO e;
  ELSIF v_kind IS NOT NULL THEN
    UPDATE trade.erasures o SET status = 'RUNNING', waits_for = '{}', looked_at = NULL,
      counts = o.counts || jsonb_build_object(v_kind, coalesce((o.counts ->> v_kind)::integer, 0) + v_done)
    WHERE o.id = e.id RETURNING * INTO e;
  ELSIF clock_timestamp() < e.requested_at + interval '5 seconds' THEN
    -- What was let in before his tokens were refused may still be under way.
    UPDATE trade.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSE
    UPDATE trade.bars b SET by_user_id = v_alias WHERE b.by_user_id = e.user_id;
    -- From here on nobody can tell who the number was.
    UPDATE trade.people q SET user_id = NULL WHERE q.number = e.person;
    UPDATE trade.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN trade.erasure_json(e);
END $$;

-- Of the trigger `audit_append_only`. One change of a row there is: a name becomes the number that stands for it.
CREATE OR REPLACE FUNCTION trade.keep_audit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.actor IS NOT NULL AND NEW.actor IS NULL AND NEW.person IS NOT NULL
    AND to_jsonb(NEW) - 'actor' - 'person' = to_jsonb(OLD) - 'actor' - 'person' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$;

-- Up to `p_limit` rows of the audit that name a person by his id name him by his number from now on. Says how many.
CREATE OR REPLACE FUNCTION trade.number_actors(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_done integer;
BEGIN
  WITH named AS MATERIALIZED (
    SELECT a.id, a.actor FROM trade.audit a WHERE a.actor IS NOT NULL ORDER BY a.id LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ), numbers AS MATERIALIZED (
    SELECT n.actor, trade.person_of(n.actor) AS number
    FROM (SELECT DISTINCT actor FROM named ORDER BY actor) n
  )
  UPDATE trade.audit a SET person = p.number, actor = NULL
  FROM named n JOIN numbers p ON p.actor = n.actor WHERE a.id = n.id;
  GET DIAGNOSTICS v_done = ROW_COUNT;
  RETURN v_done;
END $$;

-- The number that stands for a user in the audit; made when he first does something.
CREATE OR REPLACE FUNCTION trade.person_of(p_user text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_number bigint;
BEGIN
  IF p_user IS NULL THEN RETURN NULL; END IF;
  SELECT number INTO v_number FROM trade.people WHERE user_id = p_user;
  IF v_number IS NULL THEN
    INSERT INTO trade.people AS p (user_id) VALUES (p_user)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING p.number INTO v_number;
  END IF;
  RETURN v_number;
END $$;

-- A row of the audit: what happened to the product, by whom, and what it is now. A person is named by his number.
CREATE OR REPLACE FUNCTION trade.record_audit(
  p trade.products, p_event text, p_actor text, p_from text, p_note text, p_data jsonb, p_origin jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  INSERT INTO trade.audit (product_id, at, event, person, from_status, to_status, reason, note, version, data,
    request_id)
  VALUES (p.id, trade.instant(), p_event, trade.person_of(p_actor), p_from, p.status, p.reason, p_note, p.version, p_data,
    p_origin ->> 'requestId')
  RETURNING id INTO v_id;
  PERFORM trade.record_event(v_id, p, p_event, p_actor, p_data);
END $$;

-- Begins to erase a user, or says how far that is. `p_dry`: says what there is, and changes nothing.
-- Outcomes: ok, held (for a legal reason), selling (`left`: products of his that recruit).
CREATE OR REPLACE FUNCTION trade.request_erasure(p_user text, p_by text, p_dry boolean)
RETURNS TABLE (outcome text, erasure jsonb, amount jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  e trade.erasures;
  v_amount jsonb := jsonb_build_object(
    'openPurchases', (SELECT count(*) FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = p_user AND p.status = 'RECRUITING'),
    'endedPurchases', (SELECT count(*) FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = p_user AND p.status <> 'RECRUITING'),
    'addresses', (SELECT count(*) FROM trade.participations s
      JOIN trade.addresses a ON a.product_id = s.product_id AND a.user_id = s.user_id WHERE s.user_id = p_user),
    'openProducts', (SELECT count(*) FROM trade.products p WHERE p.seller_id = p_user AND p.status = 'RECRUITING'),
    'endedProducts', (SELECT count(*) FROM trade.products p WHERE p.seller_id = p_user AND p.status <> 'RECRUITING'));
BEGIN
  IF trade.is_held('USER', p_user) THEN
    RETURN QUERY SELECT 'held', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  SELECT * INTO e FROM trade.erasures o WHERE o.user_id = p_user;
  IF FOUND THEN
    RETURN QUERY SELECT 'ok', trade.erasure_json(e), v_amount;
    RETURN;
  END IF;
  IF (v_amount ->> 'openProducts')::integer > 0 THEN
    RETURN QUERY SELECT 'selling', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  IF p_dry THEN
    RETURN QUERY SELECT 'ok', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  PERFORM trade.note_moderation('user.erased', NULL, p_user, p_by, '{}');
  PERFORM trade.bar_user(p_user, 'revoke', NULL, NULL, p_by);
  INSERT INTO trade.erasures AS o (user_id, person) VALUES (p_user, trade.person_of(p_user))
  ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING * INTO e;
  RETURN QUERY SELECT 'ok', trade.erasure_json(e), v_amount;
END $$;

-- How far an erasure is, as the wire shows it.
CREATE OR REPLACE FUNCTION trade.erasure_json(e trade.erasures) RETURNS jsonb
LANGUAGE sql STABLE
  RETURN jsonb_build_object('id', e.id::text, 'status', e.status, 'pseudonym', 'erased-' || e.person,
    'counts', e.counts, 'waitsFor', e.waits_for, 'requestedAt', trade.iso(e.requested_at),
    'finishedAt', trade.iso(e.finished_at));

-- What is still to be numbered: nothing, soon.
CREATE INDEX "audit_named_idx" ON "audit" ("id") WHERE "actor" IS NOT NULL;

-- One change passes now: a name becomes a number.
DROP TRIGGER "audit_append_only" ON "audit";
CREATE TRIGGER "audit_append_only" BEFORE UPDATE OR DELETE ON "audit" FOR EACH ROW EXECUTE FUNCTION trade.keep_audit();

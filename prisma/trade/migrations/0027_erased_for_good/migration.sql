-- AlterTable
ALTER TABLE "bars" ADD COLUMN     "returned" BOOLEAN NOT NULL DEFAULT false;

-- Refuses a user's tokens, or takes that away. `p_act`: block, unblock, revoke (those issued up to this second), unrevoke.
-- Outcomes: changed, UNTIL_PASSED.
CREATE OR REPLACE FUNCTION trade.bar_user(p_user TEXT, p_act TEXT, p_until TIMESTAMPTZ, p_reason TEXT, p_by TEXT)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  b trade.bars;
  v BIGINT;
BEGIN
  IF p_until <= clock_timestamp() THEN RETURN jsonb_build_object('outcome', 'UNTIL_PASSED'); END IF;
  -- Before that of the table, as where an erasure ends.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trade.erasures:' || p_by, 0));
  -- One after the other, and in the order of versions: who reads what is newer than one of them misses none.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM trade.bars o), 0) + 1;
  -- Every instance has heard of these.
  DELETE FROM trade.bars o WHERE o.revoked_at IS NULL AND o.changed_at < clock_timestamp() - interval '1 day'
    AND (NOT o.blocked OR o.until < clock_timestamp() - interval '1 day');
  IF p_act LIKE 'un%' THEN
    -- Of somebody who was erased it stands by his mark.
    INSERT INTO trade.bars (user_id, version, blocked, until, revoked_at)
    SELECT p_user, v, o.blocked, o.until, o.revoked_at FROM trade.bars o
    WHERE o.erased AND o.user_id = trade.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL)
    ON CONFLICT DO NOTHING;
    UPDATE trade.bars o SET version = v, changed_at = clock_timestamp(), blocked = false, until = NULL, revoked_at = NULL
    WHERE o.erased AND o.user_id = trade.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL);
  END IF;
  INSERT INTO trade.bars AS o (user_id, version) VALUES (p_user, v)
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp();
  UPDATE trade.bars o SET by_user_id = p_by,
    blocked = CASE p_act WHEN 'block' THEN true WHEN 'unblock' THEN false ELSE o.blocked END,
    until = CASE p_act WHEN 'block' THEN p_until WHEN 'unblock' THEN NULL ELSE o.until END,
    reason = CASE p_act WHEN 'block' THEN p_reason WHEN 'unblock' THEN NULL ELSE o.reason END,
    revoked_at = CASE p_act WHEN 'revoke' THEN floor(extract(epoch FROM clock_timestamp()))::BIGINT
      WHEN 'unrevoke' THEN NULL ELSE o.revoked_at END,
    returned = o.returned AND p_act <> 'revoke'
  WHERE o.user_id = p_user RETURNING * INTO b;
  PERFORM trade.note_moderation('user.' || p_act, NULL, p_user, p_by,
    jsonb_build_object('until', trade.iso(p_until), 'reason', p_reason));
  RETURN jsonb_build_object('outcome', 'changed', 'bar', trade.bar_json(b));
END $$;

-- One portion of the oldest erasure that can go on, in one transaction: whoever is killed in it has done none of it, and
-- another goes on. Null: there is nothing to do. Left is what is held for a legal reason, what still recruits, a payment that the shop
-- may still report on under his id (it is to be captured or released, or may be authorised too late), and what webhooks are still to
-- be told of him, or chat, where it does not take it: the erasure waits, and is looked at again when `p_retry_s` have passed.
CREATE OR REPLACE FUNCTION trade.erase_portion(p_limit integer, p_retry_s integer, p_origin jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  e trade.erasures;
  v_alias text;
  v_product text;
  v_products text[];
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
      SELECT l.outcome INTO v_outcome FROM trade.leave_waiting(v_product, e.user_id, p_origin) l;
      v_kind := 'waiting';
      v_done := CASE v_outcome WHEN 'ok' THEN 1 ELSE 0 END;
    END IF;
    IF v_kind IS NULL THEN
      SELECT s.product_id INTO v_product FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = e.user_id AND p.status = 'RECRUITING' AND NOT trade.is_held('PRODUCT', s.product_id) LIMIT 1;
      IF FOUND THEN
        SELECT w.outcome INTO v_outcome FROM trade.withdraw_from_product(v_product, e.user_id, p_origin) w;
        v_kind := 'withdrawn';
        -- It ended meanwhile: then it is one that is kept.
        v_done := CASE v_outcome WHEN 'ok' THEN 1 ELSE 0 END;
      END IF;
    END IF;
    IF v_kind IS NULL THEN
      v_products := trade.lock_products(ARRAY(SELECT o.product_id FROM trade.participations o
        JOIN trade.addresses a ON a.product_id = o.product_id AND a.user_id = o.user_id
        WHERE o.user_id = e.user_id AND NOT trade.is_held('PRODUCT', o.product_id) LIMIT p_limit));
      DELETE FROM trade.addresses a WHERE a.user_id = e.user_id AND a.product_id = ANY (v_products);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'addresses'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      v_products := trade.lock_products(ARRAY(SELECT o.product_id FROM trade.participations o
        JOIN trade.products p ON p.id = o.product_id
        WHERE o.user_id = e.user_id AND p.status <> 'RECRUITING' AND NOT trade.is_held('PRODUCT', o.product_id)
          AND NOT trade.is_open_payment(o.payment_status, o.payment_due_at) LIMIT p_limit));
      UPDATE trade.participations s SET user_id = v_alias, nickname = '', tag = NULL
      WHERE s.user_id = e.user_id AND s.product_id = ANY (v_products)
        AND NOT trade.is_open_payment(s.payment_status, s.payment_due_at);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'purchases'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      v_products := trade.lock_products(ARRAY(SELECT DISTINCT o.product_id FROM trade.ended_payments o
        WHERE o.user_id = e.user_id AND NOT trade.is_open_payment(o.payment_status, o.payment_due_at)
          AND NOT trade.is_held('PRODUCT', o.product_id) LIMIT p_limit));
      UPDATE trade.ended_payments k SET user_id = v_alias
      WHERE k.user_id = e.user_id AND k.product_id = ANY (v_products)
        AND NOT trade.is_open_payment(k.payment_status, k.payment_due_at);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'endedPayments'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      v_products := trade.lock_products(ARRAY(SELECT o.id FROM trade.products o
        WHERE o.seller_id = e.user_id AND o.status <> 'RECRUITING' AND NOT trade.is_held('PRODUCT', o.id) LIMIT p_limit));
      UPDATE trade.products p SET seller_id = v_alias, seller_nickname = '' WHERE p.id = ANY (v_products);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'products'; END IF;
    END IF;
    IF v_kind IS NULL THEN
      -- Those of no product go at once, as nobody can give them to one any more.
      UPDATE trade.pictures o SET user_id = v_alias,
        loose_since = CASE WHEN o.product_id IS NULL THEN '-infinity' ELSE o.loose_since END
      WHERE o.id IN (SELECT i.id FROM trade.pictures i WHERE i.user_id = e.user_id
        AND (i.product_id IS NULL OR NOT trade.is_held('PRODUCT', i.product_id)) LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'pictures'; END IF;
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
    IF v_kind IS NULL THEN
      -- Events that webhooks were told, or are told no more: told again, they name the pseudonym.
      UPDATE trade.webhook_events w SET
        user_id = CASE WHEN w.user_id = e.user_id THEN v_alias ELSE w.user_id END,
        place = CASE WHEN w.place ->> 'user_id' = e.user_id
          THEN w.place || jsonb_build_object('user_id', v_alias, 'nickname', '', 'tag', NULL) ELSE w.place END,
        product = CASE WHEN w.product ->> 'seller_id' = e.user_id
          THEN w.product || jsonb_build_object('seller_id', v_alias, 'seller_nickname', '') ELSE w.product END
      WHERE w.id IN (SELECT o.id FROM trade.webhook_events o
        WHERE (o.user_id = e.user_id OR o.product ->> 'seller_id' = e.user_id) AND o.fanned
          AND NOT trade.is_held('PRODUCT', o.product_id)
          AND NOT EXISTS (SELECT 1 FROM trade.webhook_deliveries d WHERE d.event_id = o.id
            AND (d.status = 'pending' OR d.status = 'failed' AND d.next_at IS NOT NULL))
        ORDER BY o.id LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_kind := 'webhookEvents'; END IF;
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
        'webhookEvents', nullif((SELECT count(*) FROM trade.webhook_events w
          WHERE w.user_id = e.user_id OR w.product ->> 'seller_id' = e.user_id), 0),
        'outbox', nullif((SELECT count(*) FROM trade.outbox o
          WHERE e.user_id IN (o.payload ->> 'userId', o.payload ->> 'hostId')
            AND (o.parked_at IS NOT NULL OR e.requested_at < clock_timestamp() - interval '10 seconds')), 0),
        'pictures', nullif((SELECT count(*) FROM trade.pictures i WHERE i.user_id = e.user_id), 0),
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
  ELSIF clock_timestamp() < e.requested_at + interval '5 seconds' OR EXISTS (
    SELECT 1 FROM trade.outbox o WHERE e.user_id IN (o.payload ->> 'userId', o.payload ->> 'hostId')) THEN
    -- What was let in before his tokens were refused, or what chat is told of him, may still be under way.
    UPDATE trade.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSIF trade.is_named(e.user_id) THEN
    -- What was under way has been written meanwhile.
    UPDATE trade.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSE
    PERFORM trade.mark_bar(e.user_id);
    UPDATE trade.bars b SET by_user_id = v_alias WHERE b.by_user_id = e.user_id;
    -- From here on nobody can tell who the number was.
    UPDATE trade.people q SET user_id = NULL WHERE q.number = e.person;
    UPDATE trade.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN trade.erasure_json(e);
END $$;

-- Whether rows name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever writes of him waits,
-- and then sees that he is erased (`refuse_erased`).
CREATE OR REPLACE FUNCTION trade.is_named(p_user text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('trade.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT 1 FROM trade.participations s WHERE s.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.waiting t WHERE t.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.products p WHERE p.seller_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.pictures i WHERE i.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.address_reads r WHERE r.reader_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.idempotency_keys k WHERE k.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.moderations t WHERE t.user_id = p_user OR t.by_user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.webhook_events w WHERE w.user_id = p_user OR w.product ->> 'seller_id' = p_user)
    OR EXISTS (SELECT 1 FROM trade.outbox o WHERE p_user IN (o.payload ->> 'userId', o.payload ->> 'hostId'));
END $$;

-- A user's tokens stay refused as they are, and his mark stands in the place of his id.
CREATE OR REPLACE FUNCTION trade.mark_bar(p_user text) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  v bigint;
BEGIN
  -- As in bar_user.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM trade.bars o), 0) + 1;
  INSERT INTO trade.bars AS o (user_id, version, blocked, until, revoked_at, erased, returned)
  SELECT trade.mark_of(p_user), v, b.blocked, b.until, b.revoked_at, true, b.returned FROM trade.bars b WHERE b.user_id = p_user
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp(), blocked = excluded.blocked,
    until = excluded.until, revoked_at = greatest(o.revoked_at, excluded.revoked_at),
    returned = excluded.returned;
  DELETE FROM trade.bars b WHERE b.user_id = p_user;
END $$;

-- A trigger of the tables that say who acts, at the path that it is given: who was erased is in no row again, however late comes
-- what he asked for before (GE001). Where an erasure of him goes on it finds the row, as it ends only while nobody writes of him
-- (`is_named`). Who is back with a newer token is let in (`welcome_back`).
CREATE OR REPLACE FUNCTION trade.refuse_erased() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
DECLARE
  v_user text := to_jsonb(NEW) #>> TG_ARGV[0]::text[];
BEGIN
  IF v_user IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trade.erasures:' || v_user, 0));
  IF EXISTS (
      SELECT 1 FROM trade.bars b
      WHERE b.erased AND b.revoked_at IS NOT NULL AND NOT b.returned AND b.user_id = trade.mark_of(v_user))
    AND NOT EXISTS (SELECT 1 FROM trade.erasures e WHERE e.user_id = v_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'GE001', MESSAGE = 'who asks was erased';
  END IF;
  RETURN NEW;
END $$;

-- A token of somebody was let in that was issued after his tokens were revoked, at `p_issued_s` (seconds of 1970): what he does counts
-- from now on as that of somebody who is back, also where he was erased in between.
CREATE OR REPLACE FUNCTION trade.welcome_back(p_user text, p_issued_s bigint) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  -- As in bar_user.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  UPDATE trade.bars o SET returned = true, changed_at = clock_timestamp(),
    version = (SELECT max(b.version) FROM trade.bars b) + 1
  WHERE (NOT o.erased AND o.user_id = p_user OR o.erased AND o.user_id = trade.mark_of(p_user))
    AND o.revoked_at < p_issued_s AND NOT o.returned;
END $$;

-- Who acts, or is acted for: nobody who was erased.
CREATE TRIGGER "participations_of_nobody_erased" BEFORE INSERT ON "participations" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "waiting_of_nobody_erased" BEFORE INSERT ON "waiting" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "products_of_nobody_erased" BEFORE INSERT ON "products" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{seller_id}');
CREATE TRIGGER "pictures_of_nobody_erased" BEFORE INSERT ON "pictures" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "idempotency_keys_of_nobody_erased" BEFORE INSERT ON "idempotency_keys" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "people_of_nobody_erased" BEFORE INSERT ON "people" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "address_reads_of_nobody_erased" BEFORE INSERT ON "address_reads" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{reader_id}');
CREATE TRIGGER "webhook_events_of_nobody_erased" BEFORE INSERT ON "webhook_events" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{user_id}');
CREATE TRIGGER "moderations_of_nobody_erased" BEFORE INSERT ON "moderations" FOR EACH ROW EXECUTE FUNCTION trade.refuse_erased('{by_user_id}');

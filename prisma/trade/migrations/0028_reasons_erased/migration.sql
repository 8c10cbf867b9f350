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
        by_user_id = CASE WHEN t.by_user_id = e.user_id THEN v_alias ELSE t.by_user_id END,
        -- What somebody wrote about him.
        detail = CASE WHEN t.user_id = e.user_id THEN t.detail - 'reason' ELSE t.detail END
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

-- Of those who were erased before.
UPDATE trade.moderations t SET detail = t.detail - 'reason'
WHERE t.detail ? 'reason' AND t.user_id IN (SELECT 'erased-' || e.person FROM trade.erasures e WHERE e.user_id IS NULL);

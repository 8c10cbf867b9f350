-- AlterTable
ALTER TABLE "products" ADD COLUMN     "pictures" JSONB NOT NULL DEFAULT '[]';

-- CreateTable
CREATE TABLE "pictures" (
    "id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "bytes" BIGINT NOT NULL,
    "type" TEXT,
    "width" INTEGER,
    "height" INTEGER,
    "product_id" TEXT,
    "loose_since" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "gone" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "pictures_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "pictures_user_id_created_at_idx" ON "pictures"("user_id", "created_at");

-- CreateIndex
CREATE INDEX "pictures_product_id_loose_since_idx" ON "pictures"("product_id", "loose_since");

-- AddForeignKey
ALTER TABLE "pictures" ADD CONSTRAINT "pictures_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What was looked at has a type and a size, and nothing else has.
ALTER TABLE "pictures" ADD CONSTRAINT "pictures_looked_at"
  CHECK (("type" IS NULL) = ("width" IS NULL) AND ("type" IS NULL) = ("height" IS NULL) AND "width" > 0 AND "height" > 0 AND "bytes" > 0);

-- A picture that a user is about to upload, under an id of his own making. `p_digest`: SHA-256 of its bytes. `p_per_hour`: how many he
-- may upload in an hour; `p_user_bytes`: bytes that all of his may have together; null of either: any number.
-- Outcomes: begun, kept (the same was uploaded before: `picture`), taken (the id has another), too_many (`amount`: milliseconds until
-- the next), too_large (`amount`: the bytes that he has).
CREATE OR REPLACE FUNCTION trade.begin_picture(
  p_id uuid, p_user text, p_digest bytea, p_bytes bigint, p_per_hour integer, p_user_bytes bigint
) RETURNS TABLE (outcome text, picture jsonb, amount bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_known trade.pictures;
  v_amount bigint;
BEGIN
  -- Those of one user one after the other: each would count without the other.
  PERFORM pg_advisory_xact_lock(hashtextextended('gongu pictures ' || p_user, 0));
  SELECT * INTO v_known FROM trade.pictures o WHERE o.id = p_id;
  IF FOUND THEN
    RETURN QUERY SELECT
      CASE WHEN v_known.user_id <> p_user OR v_known.digest <> p_digest OR v_known.gone THEN 'taken'
        WHEN v_known.type IS NULL THEN 'begun' ELSE 'kept' END,
      trade.picture_json(v_known), NULL::bigint;
    RETURN;
  END IF;
  SELECT count(*) INTO v_amount FROM trade.pictures o
  WHERE o.user_id = p_user AND o.created_at > clock_timestamp() - interval '1 hour';
  IF v_amount >= p_per_hour THEN
    RETURN QUERY SELECT 'too_many', NULL::jsonb, ceil(extract(epoch FROM (
      SELECT o.created_at FROM trade.pictures o WHERE o.user_id = p_user
      ORDER BY o.created_at DESC OFFSET p_per_hour - 1 LIMIT 1) + interval '1 hour' - clock_timestamp()) * 1000)::bigint;
    RETURN;
  END IF;
  SELECT coalesce(sum(o.bytes), 0) INTO v_amount FROM trade.pictures o WHERE o.user_id = p_user;
  IF v_amount + p_bytes > p_user_bytes THEN
    RETURN QUERY SELECT 'too_large', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  INSERT INTO trade.pictures (id, user_id, digest, bytes) VALUES (p_id, p_user, p_digest, p_bytes) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    -- Of somebody else, at the same time.
    RETURN QUERY SELECT 'taken', NULL::jsonb, NULL::bigint;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'begun', NULL::jsonb, NULL::bigint;
END $$;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: {"priceTiers", "payment", "waitingList", "notices", "category", "tags", "pictures"}, how it is sold: what it does not name is as it
-- was before there was a choice; "forms", what it is found by (see save_texts); "maxOpen", how many products its seller may
-- have that recruit: without it any number.
-- Outcomes: ok, deadline_past, deadline_far, tiers_invalid, pictures_invalid, too_many.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb,
  p_max_days integer DEFAULT NULL, p_terms jsonb DEFAULT '{}'
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
  v_tiers jsonb := coalesce(p_terms -> 'priceTiers', '[]');
  v_ids jsonb := coalesce(p_terms -> 'pictures', '[]');
  v_pictures jsonb := '[]';
  v_now timestamptz;
BEGIN
  IF p_deadline <= clock_timestamp() THEN
    RETURN QUERY SELECT 'deadline_past', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  -- Hours: a day of a time zone may have 23 or 25.
  IF p_deadline > clock_timestamp() + make_interval(hours => 24 * p_max_days) THEN
    RETURN QUERY SELECT 'deadline_far', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  IF NOT trade.tiers_valid(p_amount, v_tiers) THEN
    RETURN QUERY SELECT 'tiers_invalid', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  IF p_terms ->> 'maxOpen' IS NOT NULL THEN
    -- Those of one seller one after the other: each would count without the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('gongu seller ' || p_seller, 0));
    v_now := clock_timestamp();
    IF (SELECT count(*) FROM trade.products o
        WHERE o.seller_id = p_seller AND o.status = 'RECRUITING' AND o.deadline > v_now) >= (p_terms ->> 'maxOpen')::integer THEN
      RETURN QUERY SELECT 'too_many', NULL::jsonb, NULL::jsonb;
      RETURN;
    END IF;
  END IF;
  IF v_ids <> '[]' THEN
    v_pictures := trade.find_pictures(p_id, p_seller, v_ids);
    IF v_pictures IS NULL THEN
      RETURN QUERY SELECT 'pictures_invalid', NULL::jsonb, NULL::jsonb;
      RETURN;
    END IF;
  END IF;
  INSERT INTO trade.products (id, seller_id, seller_nickname, title, description, image_url, price_amount,
    price_currency, price_tiers, payment, waiting_list, notices, category, tags, pictures, noticed,
    min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, coalesce(p_terms ->> 'payment', 'NONE'), coalesce((p_terms ->> 'waitingList')::boolean, false),
    coalesce((p_terms ->> 'notices')::boolean, true), p_terms ->> 'category',
    ARRAY(SELECT jsonb_array_elements_text(coalesce(p_terms -> 'tags', '[]'))), v_pictures,
    -- What lasts for less than an hour from its beginning need not be told so.
    CASE WHEN p_deadline <= clock_timestamp() + interval '1 hour' THEN '{hour}'::text[] ELSE '{}' END,
    p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  IF v_ids <> '[]' THEN
    PERFORM trade.take_pictures(p_id, v_ids);
  END IF;
  PERFORM trade.save_texts(p_id, coalesce(p_terms -> 'forms', '{}'));
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
END $$;

-- Changes what `p_patch` names; its "forms" are what the product is found by then (see save_texts). `p_versions`: the versions the seller may have seen, null for any. `p_max_days`: how far
-- away a new deadline may be; null: as far as one likes.
-- Outcomes: ok (also when nothing differs), not_found, forbidden, stale, ended, deadline_past, deadline_far, below_buyers,
-- minimum_above_maximum, tiers_fixed (somebody takes part), tiers_invalid, pictures_invalid.
CREATE OR REPLACE FUNCTION trade.edit_product(
  p_id text, p_actor text, p_admin boolean, p_versions integer[], p_patch jsonb, p_origin jsonb,
  p_max_days integer DEFAULT NULL
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_data jsonb := '{}';
  v_room jsonb := '{}';
  v_outcome text := 'ok';
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  v_new := v_old;
  IF p_patch ? 'title' AND p_patch ->> 'title' <> v_old.title THEN
    v_new.title := p_patch ->> 'title';
    v_data := v_data || jsonb_build_object('title', v_new.title);
    v_room := v_room || jsonb_build_object('title', v_new.title);
  END IF;
  IF p_patch ? 'description' AND p_patch ->> 'description' <> v_old.description THEN
    v_new.description := p_patch ->> 'description';
    v_data := v_data || '{"description": true}';
  END IF;
  IF p_patch ? 'imageUrl' AND p_patch ->> 'imageUrl' IS DISTINCT FROM v_old.image_url THEN
    v_new.image_url := p_patch ->> 'imageUrl';
    v_data := v_data || jsonb_build_object('imageUrl', v_new.image_url);
  END IF;
  IF p_patch ? 'deadline' AND (p_patch ->> 'deadline')::timestamptz(3) <> v_old.deadline THEN
    v_new.deadline := (p_patch ->> 'deadline')::timestamptz(3);
    v_data := v_data || jsonb_build_object('deadline', trade.iso(v_new.deadline));
    v_room := v_room || jsonb_build_object('expiresAt', trade.iso(v_new.deadline));
  END IF;
  IF p_patch ? 'minParticipants' AND (p_patch ->> 'minParticipants')::integer <> v_old.min_participants THEN
    v_new.min_participants := (p_patch ->> 'minParticipants')::integer;
    v_data := v_data || jsonb_build_object('minParticipants', v_new.min_participants);
    v_room := v_room || jsonb_build_object('minParticipants', v_new.min_participants);
  END IF;
  IF p_patch ? 'maxParticipants' AND (p_patch ->> 'maxParticipants')::integer <> v_old.max_participants THEN
    v_new.max_participants := (p_patch ->> 'maxParticipants')::integer;
    v_data := v_data || jsonb_build_object('maxParticipants', v_new.max_participants);
    v_room := v_room || jsonb_build_object('maxParticipants', v_new.max_participants);
  END IF;
  IF p_patch ? 'priceTiers' AND p_patch -> 'priceTiers' <> v_old.price_tiers THEN
    v_new.price_tiers := p_patch -> 'priceTiers';
    v_data := v_data || jsonb_build_object('priceTiers', v_new.price_tiers);
  END IF;
  IF p_patch ? 'category' AND p_patch ->> 'category' IS DISTINCT FROM v_old.category THEN
    v_new.category := p_patch ->> 'category';
    v_data := v_data || jsonb_build_object('category', v_new.category);
  END IF;
  IF p_patch ? 'tags' AND p_patch -> 'tags' <> to_jsonb(v_old.tags) THEN
    v_new.tags := ARRAY(SELECT jsonb_array_elements_text(p_patch -> 'tags'));
    v_data := v_data || jsonb_build_object('tags', p_patch -> 'tags');
  END IF;
  IF p_patch ? 'pictures' AND p_patch -> 'pictures' <> jsonb_path_query_array(v_old.pictures, '$[*].id') THEN
    v_new.pictures := trade.find_pictures(p_id, p_actor, p_patch -> 'pictures');
    v_data := v_data || jsonb_build_object('pictures', p_patch -> 'pictures');
  END IF;
  IF p_patch ? 'notices' AND (p_patch ->> 'notices')::boolean <> v_old.notices THEN
    v_new.notices := (p_patch ->> 'notices')::boolean;
    v_data := v_data || jsonb_build_object('notices', v_new.notices);
  END IF;

  IF v_old.seller_id <> p_actor AND NOT p_admin THEN
    v_outcome := 'forbidden';
  ELSIF NOT v_old.version = ANY (p_versions) THEN
    v_outcome := 'stale';
  ELSIF v_old.status <> 'RECRUITING' THEN
    v_outcome := 'ended';
  ELSIF v_new.deadline <> v_old.deadline AND v_new.deadline <= clock_timestamp() THEN
    v_outcome := 'deadline_past';
  ELSIF v_new.deadline <> v_old.deadline
    AND v_new.deadline > clock_timestamp() + make_interval(hours => 24 * p_max_days) THEN
    v_outcome := 'deadline_far';
  ELSIF v_new.max_participants < v_old.participant_count THEN
    v_outcome := 'below_buyers';
  ELSIF v_new.min_participants > v_new.max_participants THEN
    v_outcome := 'minimum_above_maximum';
  ELSIF v_new.price_tiers <> v_old.price_tiers AND v_old.participant_count > 0 THEN
    v_outcome := 'tiers_fixed';
  ELSIF NOT trade.tiers_valid(v_new.price_amount, v_new.price_tiers) THEN
    v_outcome := 'tiers_invalid';
  ELSIF v_new.pictures IS NULL THEN
    v_outcome := 'pictures_invalid';
  ELSIF v_data <> '{}' THEN
    IF v_data ? 'pictures' THEN
      PERFORM trade.take_pictures(p_id, p_patch -> 'pictures');
      UPDATE trade.products SET pictures = v_new.pictures WHERE id = p_id;
    END IF;
    IF p_patch ? 'forms' THEN
      PERFORM trade.save_texts(p_id, p_patch -> 'forms');
    END IF;
    v_new := trade.save_product(v_old, v_new, 'product.edited', p_actor, NULL, v_data,
      CASE WHEN v_room <> '{}' THEN 'room.patched' END, v_room, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
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
  ELSE
    UPDATE trade.bars b SET by_user_id = v_alias WHERE b.by_user_id = e.user_id;
    -- From here on nobody can tell who the number was.
    UPDATE trade.people q SET user_id = NULL WHERE q.number = e.person;
    UPDATE trade.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN trade.erasure_json(e);
END $$;

-- What a product is to have of these pictures, in their order, after locking them until the end of the transaction; null: one of them
-- is neither the product's nor a free one of this user's. The caller holds the product's lock, or is about to make it.
CREATE OR REPLACE FUNCTION trade.find_pictures(p_product text, p_user text, p_ids jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_found jsonb;
BEGIN
  PERFORM 1 FROM trade.pictures o
  WHERE o.id IN (SELECT i::uuid FROM jsonb_array_elements_text(p_ids) i) ORDER BY o.id FOR NO KEY UPDATE;
  SELECT coalesce(jsonb_agg(trade.picture_json(o) ORDER BY i.n), '[]') INTO v_found
  FROM jsonb_array_elements_text(p_ids) WITH ORDINALITY AS i (id, n) JOIN trade.pictures o ON o.id = i.id::uuid
  WHERE o.type IS NOT NULL AND NOT o.gone AND (o.product_id = p_product OR o.product_id IS NULL AND o.user_id = p_user);
  RETURN CASE WHEN jsonb_array_length(v_found) = jsonb_array_length(p_ids) THEN v_found END;
END $$;

-- What a product has of a picture that was looked at.
CREATE OR REPLACE FUNCTION trade.picture_json(p trade.pictures) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('id', p.id, 'type', p.type, 'width', p.width, 'height', p.height)
$$;

-- Gives a product these pictures, which `find_pictures` has found and locked, and takes all others from it: those go at once.
CREATE OR REPLACE FUNCTION trade.take_pictures(p_product text, p_ids jsonb) RETURNS void
LANGUAGE sql AS $$
  UPDATE trade.pictures o SET product_id = NULL, loose_since = '-infinity'
  WHERE o.product_id = p_product AND NOT p_ids ? o.id::text;
  UPDATE trade.pictures o SET product_id = p_product
  WHERE o.id IN (SELECT i::uuid FROM jsonb_array_elements_text(p_ids) i) AND o.product_id IS DISTINCT FROM p_product;
$$;

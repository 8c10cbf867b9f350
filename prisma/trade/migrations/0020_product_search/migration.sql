-- AlterTable
ALTER TABLE "products" ADD COLUMN     "category" TEXT,
ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "product_texts" (
    "product_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "tags" TEXT NOT NULL,
    "description" TEXT NOT NULL,

    CONSTRAINT "product_texts_pkey" PRIMARY KEY ("product_id")
);

-- AddForeignKey
ALTER TABLE "product_texts" ADD CONSTRAINT "product_texts_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The pairs of neighbouring characters of a text, for the index of searches: trigrams of pg_trgm have nothing of Korean where
-- LC_CTYPE is C, and nothing of two characters anywhere. Dear, since rows that are read are asked all else first.
CREATE OR REPLACE FUNCTION trade.pairs_of(p_text text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
  SELECT coalesce(array_agg(DISTINCT c.one || c.next), '{}') FROM (
    SELECT t.one, lead(t.one) OVER (ORDER BY t.n) AS next
    FROM string_to_table(p_text, NULL) WITH ORDINALITY AS t (one, n)
  ) c WHERE c.next IS NOT NULL
$$;

-- What a product is found by. `p_forms`: {"title", "category", "tags", "description"} in the form in which searches compare; what
-- it does not name stays. The caller holds the product's lock, or has just made it.
CREATE OR REPLACE FUNCTION trade.save_texts(p_id text, p_forms jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.product_texts AS t (product_id, title, category, tags, description)
  VALUES (p_id, coalesce(p_forms ->> 'title', ''), coalesce(p_forms ->> 'category', ''), coalesce(p_forms ->> 'tags', ''),
    coalesce(p_forms ->> 'description', ''))
  ON CONFLICT (product_id) DO UPDATE SET
    title = coalesce(p_forms ->> 'title', t.title), category = coalesce(p_forms ->> 'category', t.category),
    tags = coalesce(p_forms ->> 'tags', t.tags), description = coalesce(p_forms ->> 'description', t.description)
$$;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: {"priceTiers", "payment", "waitingList", "notices", "category", "tags"}, how it is sold: what it does not name is as it
-- was before there was a choice; "forms", what it is found by (see save_texts); "maxOpen", how many products its seller may
-- have that recruit: without it any number.
-- Outcomes: ok, deadline_past, deadline_far, tiers_invalid, too_many.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb,
  p_max_days integer DEFAULT NULL, p_terms jsonb DEFAULT '{}'
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
  v_tiers jsonb := coalesce(p_terms -> 'priceTiers', '[]');
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
  INSERT INTO trade.products (id, seller_id, seller_nickname, title, description, image_url, price_amount,
    price_currency, price_tiers, payment, waiting_list, notices, category, tags, noticed,
    min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, coalesce(p_terms ->> 'payment', 'NONE'), coalesce((p_terms ->> 'waitingList')::boolean, false),
    coalesce((p_terms ->> 'notices')::boolean, true), p_terms ->> 'category',
    ARRAY(SELECT jsonb_array_elements_text(coalesce(p_terms -> 'tags', '[]'))),
    -- What lasts for less than an hour from its beginning need not be told so.
    CASE WHEN p_deadline <= clock_timestamp() + interval '1 hour' THEN '{hour}'::text[] ELSE '{}' END,
    p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
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
-- minimum_above_maximum, tiers_fixed (somebody takes part), tiers_invalid.
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
  ELSIF v_data <> '{}' THEN
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

-- A new endpoint; null: there are `p_max` already (null: any number). One at a time, so that the number is exact.
CREATE OR REPLACE FUNCTION trade.webhook_create(
  p_webhook text, p_url text, p_events text[], p_description text, p_secret text, p_max integer
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_made trade.webhooks;
BEGIN
  IF p_max IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('gongu webhooks', 0));
    IF (SELECT count(*) FROM trade.webhooks) >= p_max THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO trade.webhooks (id, url, events, description, secret)
  VALUES (p_webhook, p_url, p_events, p_description, p_secret)
  RETURNING * INTO v_made;
  RETURN to_jsonb(v_made);
END $$;

-- Writes `p_new` over `p_old`, whose lock the caller holds, and all that follows from it: the end when the cap is
-- reached, the audit, the live change, and the entries for chat (`p_kind` first, notices and the room's status after it). With the end
-- go the places that are not paid, and all who wait; what was paid is to be captured or released.
CREATE OR REPLACE FUNCTION trade.write_product(
  p_old trade.products, p_new trade.products, p_event text, p_actor text, p_note text, p_data jsonb, p_kind text,
  p_payload jsonb, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_ends boolean;
  v_place trade.participations;
  v_unpaid trade.participations[] := '{}';
  v_waited text[] := '{}';
  v_notices text[];
BEGIN
  IF p_new.status = 'RECRUITING' AND NOT p_new.waiting_list AND trade.counted(p_new) >= p_new.max_participants THEN
    p_new.status := 'CLOSED';
    p_new.reason := 'FULL';
  END IF;
  v_ends := p_new.status <> p_old.status;
  p_new.version := p_old.version + 1;
  IF v_ends THEN
    p_new.closed_at := trade.instant();
    IF p_new.payment = 'REQUIRED' AND p_new.authorized_count < p_new.participant_count THEN
      WITH gone AS (
        DELETE FROM trade.participations s WHERE s.product_id = p_old.id AND NOT s.committed RETURNING s AS place
      )
      SELECT coalesce(array_agg(g.place ORDER BY (g.place).joined_at, (g.place).user_id), '{}') INTO v_unpaid FROM gone g;
      p_new.participant_count := p_new.participant_count - cardinality(v_unpaid);
      p_new.unit_count := p_new.unit_count - (SELECT coalesce(sum(u.quantity), 0) FROM unnest(v_unpaid) u);
    END IF;
    IF p_new.waiting_count > 0 THEN
      WITH gone AS (DELETE FROM trade.waiting w WHERE w.product_id = p_old.id RETURNING w.id, w.user_id)
      SELECT array_agg(g.user_id ORDER BY g.id) INTO v_waited FROM gone g;
      p_new.waiting_count := 0;
    END IF;
    IF p_new.status = 'CLOSED' THEN
      p_new.final_amount := trade.tier_amount(p_new.price_amount, p_new.price_tiers, trade.counted(p_new));
    END IF;
  END IF;
  v_notices := trade.due_notices(p_old, p_new);
  p_new.noticed := p_new.noticed || v_notices;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, authorized_count = p_new.authorized_count,
    waiting_count = p_new.waiting_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, price_tiers = p_new.price_tiers,
    final_amount = p_new.final_amount, version = p_new.version,
    notices = p_new.notices, category = p_new.category, tags = p_new.tags, noticed = p_new.noticed
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF v_ends THEN
    FOREACH v_place IN ARRAY v_unpaid LOOP
      PERFORM trade.keep_payment(p_new, v_place, 'expired', p_origin);
      PERFORM trade.record_audit(p_new, 'buyer.expired', v_place.user_id, p_old.status, NULL,
        jsonb_build_object('quantity', v_place.quantity), p_origin);
    END LOOP;
    PERFORM trade.record_audit(p_new, 'waiting.ended', w.user_id, p_old.status, NULL, NULL, p_origin)
    FROM unnest(v_waited) AS w (user_id);
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
    IF p_new.payment = 'REQUIRED' THEN
      PERFORM trade.record_audit(p_new,
        CASE p_new.status WHEN 'CLOSED' THEN 'payment.capture' ELSE 'payment.release' END, s.user_id, p_new.status, NULL,
        jsonb_build_object('reference', s.payment_reference,
          'amount', coalesce(p_new.final_amount * s.quantity, s.payment_amount)), p_origin)
      FROM (SELECT * FROM trade.participations WHERE product_id = p_old.id ORDER BY joined_at, user_id) s;
    END IF;
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.authorized_count, p_new.waiting_count, p_new.unit_count,
      p_new.min_participants, p_new.max_participants, p_new.deadline, p_new.price_tiers)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.authorized_count, p_old.waiting_count, p_old.unit_count,
      p_old.min_participants, p_old.max_participants, p_old.deadline, p_old.price_tiers) THEN
    PERFORM trade.record_change(p_new);
  END IF;
  IF p_kind IS NOT NULL THEN
    PERFORM trade.enqueue(p_new.id, p_kind, p_payload, p_origin);
  END IF;
  PERFORM trade.enqueue_notice(p_new, d.name, p_origin) FROM unnest(v_notices) WITH ORDINALITY AS d (name, n);
  IF v_ends THEN
    PERFORM trade.enqueue_status(p_new, p_note, p_origin);
    IF p_new.notices THEN
      PERFORM trade.enqueue_notice(p_new, 'ended', p_origin);
    END IF;
  END IF;
  RETURN p_new;
END $$;

ALTER TABLE trade.products ADD CONSTRAINT products_tags CHECK (tags IS NOT NULL AND cardinality(tags) <= 10);

-- What there was. Where LC_CTYPE is C, PostgreSQL folds no capitals but those of ASCII: others are found once the text is edited.
INSERT INTO trade.product_texts (product_id, title, category, tags, description)
SELECT id, normalize(lower(normalize(title, NFKC)), NFKC), '', '', normalize(lower(normalize(description, NFKC)), NFKC)
FROM trade.products;

CREATE INDEX product_texts_pairs ON trade.product_texts
  USING gin (trade.pairs_of(title || E'\n' || category || E'\n' || tags || E'\n' || description));
-- Nothing is to be learnt of the pairs, and to make those of 30,000 products takes a while.
ALTER INDEX trade.product_texts_pairs ALTER COLUMN 1 SET STATISTICS 0;

-- AlterTable
ALTER TABLE "products" ADD COLUMN     "noticed" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "notices" BOOLEAN NOT NULL DEFAULT true;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: how it is sold, {"priceTiers", "payment", "waitingList", "notices"}; what it does not name is as it was before there was a choice.
-- Outcomes: ok, deadline_past, deadline_far, tiers_invalid.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb,
  p_max_days integer DEFAULT NULL, p_terms jsonb DEFAULT '{}'
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
  v_tiers jsonb := coalesce(p_terms -> 'priceTiers', '[]');
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
  INSERT INTO trade.products (id, seller_id, seller_nickname, title, description, image_url, price_amount,
    price_currency, price_tiers, payment, waiting_list, notices, noticed, min_participants, max_participants, deadline,
    created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, coalesce(p_terms ->> 'payment', 'NONE'), coalesce((p_terms ->> 'waitingList')::boolean, false),
    coalesce((p_terms ->> 'notices')::boolean, true),
    -- What lasts for less than an hour from its beginning need not be told so.
    CASE WHEN p_deadline <= clock_timestamp() + interval '1 hour' THEN '{hour}'::text[] ELSE '{}' END,
    p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
END $$;

-- What a room is to be told by a change of its product, each thing once in its life: minimum, filling (80 % of the places are
-- taken for good), tier:N. `noticed` keeps what was told. The end is told by write_product, the last hour by tell_hour.
-- What was reached before the change is not news.
CREATE OR REPLACE FUNCTION trade.due_notices(p_old trade.products, p_new trade.products) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_before integer := trade.counted(p_old);
  v_now integer := trade.counted(p_new);
  v_tier integer;
  v_due text[] := '{}';
BEGIN
  IF NOT p_new.notices OR p_new.status <> 'RECRUITING' THEN
    RETURN v_due;
  END IF;
  -- One is reached by the first who comes: that is no news.
  IF v_now >= p_new.min_participants AND v_before < p_old.min_participants AND p_new.min_participants > 1 THEN
    v_due := v_due || 'minimum'::text;
  END IF;
  IF p_new.price_tiers <> '[]' AND v_now > v_before THEN
    SELECT max((t ->> 'minParticipants')::integer) INTO v_tier FROM jsonb_array_elements(p_new.price_tiers) AS t
    WHERE (t ->> 'minParticipants')::integer > v_before AND (t ->> 'minParticipants')::integer <= v_now;
    IF v_tier IS NOT NULL THEN
      v_due := v_due || ('tier:' || v_tier);
    END IF;
  END IF;
  IF v_now::bigint * 5 >= p_new.max_participants::bigint * 4 AND v_before::bigint * 5 < p_old.max_participants::bigint * 4 THEN
    v_due := v_due || 'filling'::text;
  END IF;
  RETURN ARRAY(SELECT d.name FROM unnest(v_due) WITH ORDINALITY AS d (name, n)
    WHERE NOT d.name = ANY (p_new.noticed) ORDER BY d.n);
END $$;

-- Changes what `p_patch` names. `p_versions`: the versions the seller may have seen, null for any. `p_max_days`: how far
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
    v_new := trade.save_product(v_old, v_new, 'product.edited', p_actor, NULL, v_data,
      CASE WHEN v_room <> '{}' THEN 'room.patched' END, v_room, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
END $$;

-- Tells chat the whole state of a product again: for a room that differs, or (`p_missing`) that chat has lost, where
-- the pending entries can't be delivered any more and are replaced. False: something is under way, or the product is
-- unknown.
CREATE OR REPLACE FUNCTION trade.resend_room(p_id text, p_missing boolean, p_origin jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_room trade.outbox_rooms;
  v_notices jsonb[];
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT * INTO v_room FROM trade.outbox_rooms WHERE room_id = p_id FOR UPDATE;
  IF FOUND THEN
    IF NOT (p_missing AND v_room.missing AND v_room.claim IS NULL) THEN
      RETURN false;
    END IF;
    -- The state is told anew, what happened is not: it follows.
    WITH gone AS (DELETE FROM trade.outbox o WHERE o.room_id = p_id RETURNING o.id, o.kind, o.payload)
    SELECT array_agg(g.payload ORDER BY g.id) INTO v_notices FROM gone g WHERE g.kind = 'room.notice';
    DELETE FROM trade.outbox_rooms WHERE room_id = p_id;
  END IF;
  IF p_missing THEN
    PERFORM trade.enqueue_open(v_product, p_origin);
  ELSIF v_product.status = 'RECRUITING' THEN
    PERFORM trade.enqueue(p_id, 'room.patched', jsonb_build_object('maxParticipants', v_product.max_participants,
      'minParticipants', v_product.min_participants, 'expiresAt', trade.iso(v_product.deadline)), p_origin);
  END IF;
  PERFORM trade.enqueue(p_id, 'buyer.committed',
    jsonb_build_object('userId', s.user_id, 'nickname', s.nickname), p_origin)
  FROM (SELECT * FROM trade.participations WHERE product_id = p_id AND committed ORDER BY joined_at, user_id) s;
  IF v_product.status <> 'RECRUITING' THEN
    PERFORM trade.enqueue_status(v_product, (
      SELECT a.note FROM trade.audit a WHERE a.product_id = p_id AND a.note IS NOT NULL ORDER BY a.id DESC LIMIT 1
    ), p_origin);
  END IF;
  PERFORM trade.enqueue(p_id, 'room.notice', n.payload, p_origin) FROM unnest(v_notices) AS n (payload);
  RETURN true;
END $$;

-- Tells the rooms of up to `p_limit` products that they end within the hour, and says of how many. Instances share the work,
-- as in close_due.
CREATE OR REPLACE FUNCTION trade.tell_hour(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_until timestamptz := clock_timestamp() + interval '1 hour';
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products
    WHERE status = 'RECRUITING' AND notices AND NOT 'hour' = ANY (noticed) AND deadline <= v_until
    ORDER BY deadline, id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    BEGIN
      v_product := trade.settle(v_product, p_origin);
      IF v_product.status = 'RECRUITING' THEN
        UPDATE trade.products SET noticed = noticed || 'hour'::text WHERE id = v_product.id;
        PERFORM trade.enqueue_notice(v_product, 'hour', p_origin);
      END IF;
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'the room of product % was not told of its last hour: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
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
    notices = p_new.notices, noticed = p_new.noticed
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

-- The entry that tells a product's room something, as the product is then: `data` of the message. `p_notice`: minimum,
-- filling, tier:N, hour, ended.
CREATE OR REPLACE FUNCTION trade.enqueue_notice(p trade.products, p_notice text, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.notice', CASE split_part(p_notice, ':', 1)
    WHEN 'minimum' THEN jsonb_build_object('event', 'notice.minimum', 'minParticipants', p.min_participants,
      'participantCount', trade.counted(p))
    WHEN 'filling' THEN jsonb_build_object('event', 'notice.filling', 'participantCount', trade.counted(p),
      'maxParticipants', p.max_participants)
    WHEN 'tier' THEN jsonb_build_object('event', 'notice.tier', 'minParticipants', split_part(p_notice, ':', 2)::integer,
      'price', jsonb_build_object('currency', p.price_currency,
        'amount', trade.tier_amount(p.price_amount, p.price_tiers, split_part(p_notice, ':', 2)::integer)))
    WHEN 'hour' THEN jsonb_build_object('event', 'notice.hour', 'deadline', trade.iso(p.deadline))
    ELSE jsonb_build_object('event', 'notice.ended', 'status', p.status, 'reason', p.reason,
      'participantCount', trade.counted(p), 'price', CASE WHEN p.final_amount IS NOT NULL
        THEN jsonb_build_object('currency', p.price_currency, 'amount', p.final_amount) END)
  END, p_origin)
$$;

-- What ends within the hour and was not told so.
CREATE INDEX products_last_hour ON trade.products (deadline)
  WHERE status = 'RECRUITING' AND notices AND NOT 'hour' = ANY (noticed);

ALTER TABLE trade.outbox DROP CONSTRAINT outbox_kind, ADD CONSTRAINT outbox_kind
  CHECK (kind IN ('room.open', 'buyer.committed', 'buyer.withdrawn', 'room.patched', 'room.status', 'room.notice'));

-- Ends up to `p_limit` products whose deadline has passed, and says how many. Instances share the work: what another
-- one has locked is skipped, and one that can't be ended now keeps none of the others waiting. The variable lets the index be used, which a volatile function in the condition would not.
CREATE OR REPLACE FUNCTION trade.close_due(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products WHERE status = 'RECRUITING' AND deadline <= v_now
    ORDER BY deadline, id FOR UPDATE SKIP LOCKED
  LOOP
    -- Those that could not be ended do not count.
    EXIT WHEN v_count >= p_limit;
    BEGIN
      PERFORM trade.settle(v_product, p_origin);
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'product % was not ended: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

-- Frees due places of up to `p_limit` products, and says how many products that were. Instances share the work, as in
-- close_due.
CREATE OR REPLACE FUNCTION trade.expire_payments(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products q WHERE q.id IN (
      SELECT s.product_id FROM trade.participations s WHERE NOT s.committed AND s.payment_due_at <= v_now)
    ORDER BY q.id FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    -- Those that could not be freed do not count: they keep none of the others waiting.
    EXIT WHEN v_count >= p_limit;
    BEGIN
      PERFORM trade.settle(v_product, p_origin);
      v_count := v_count + 1;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'places of product % were not freed: %', v_product.id, SQLERRM;
    END;
  END LOOP;
  RETURN v_count;
END $$;

-- Frees the places whose payment was not authorised in time. Whoever locks a product does this first (settle), so that a
-- late scheduler keeps nobody waiting.
CREATE OR REPLACE FUNCTION trade.expire_places(p trade.products, p_origin jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_place trade.participations;
  -- Settle has found the deadline ahead; what time has gone by since must give nobody a place that is over.
  v_now timestamptz := least(clock_timestamp(), p.deadline - interval '1 microsecond');
BEGIN
  IF p.payment = 'NONE' OR p.authorized_count = p.participant_count THEN
    RETURN p;
  END IF;
  FOR v_place IN
    DELETE FROM trade.participations s
    WHERE s.product_id = p.id AND NOT s.committed AND s.payment_due_at <= v_now RETURNING s.*
  LOOP
    p := trade.save_product(p, trade.drop_place(p, v_place, 'expired', p_origin), 'buyer.expired', v_place.user_id, NULL,
      jsonb_build_object('quantity', v_place.quantity), NULL, NULL, p_origin);
  END LOOP;
  RETURN p;
END $$;

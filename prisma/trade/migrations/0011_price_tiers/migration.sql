DROP FUNCTION trade.create_product(text,text,text,text,text,text,bigint,text,integer,integer,timestamp with time zone,jsonb,jsonb,integer);

-- Products first, as everything locks them.
-- AlterTable
ALTER TABLE "products" ADD COLUMN     "final_amount" BIGINT,
ADD COLUMN     "price_tiers" JSONB NOT NULL DEFAULT '[]';

-- AlterTable
ALTER TABLE "changes" ADD COLUMN     "price" JSONB;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: how it is sold, {"priceTiers"}; what it does not name is as it was before there was a choice.
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
    price_currency, price_tiers, min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
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

-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, unit_count, price, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.unit_count, jsonb_build_object('price_amount', p.price_amount, 'price_currency',
      p.price_currency, 'price_tiers', p.price_tiers, 'final_amount', p.final_amount), p.deadline, p.closed_at)
$$;

-- Writes `p_new` over `p_old`, whose lock the caller holds, and all that follows from it: the end when the cap is
-- reached, the audit, the live change, and the entries for chat (`p_kind` first, the room's status after it).
CREATE OR REPLACE FUNCTION trade.save_product(
  p_old trade.products, p_new trade.products, p_event text, p_actor text, p_note text, p_data jsonb, p_kind text,
  p_payload jsonb, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
BEGIN
  IF p_new.status = 'RECRUITING' AND p_new.participant_count >= p_new.max_participants THEN
    p_new.status := 'CLOSED';
    p_new.reason := 'FULL';
  END IF;
  IF p_new.status <> p_old.status THEN
    p_new.closed_at := trade.instant();
    IF p_new.status = 'CLOSED' THEN
      p_new.final_amount := trade.tier_amount(p_new.price_amount, p_new.price_tiers, p_new.participant_count);
    END IF;
  END IF;
  p_new.version := p_old.version + 1;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, price_tiers = p_new.price_tiers,
    final_amount = p_new.final_amount, version = p_new.version
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.unit_count, p_new.min_participants, p_new.max_participants,
      p_new.deadline, p_new.price_tiers)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.unit_count, p_old.min_participants, p_old.max_participants,
      p_old.deadline, p_old.price_tiers) THEN
    PERFORM trade.record_change(p_new);
  END IF;
  IF p_kind IS NOT NULL THEN
    PERFORM trade.enqueue(p_new.id, p_kind, p_payload, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.enqueue_status(p_new, p_note, p_origin);
  END IF;
  RETURN p_new;
END $$;

-- What everybody pays for one when `p_count` people count: the last step that they reach, else the base. Amounts fall.
CREATE OR REPLACE FUNCTION trade.tier_amount(p_base bigint, p_tiers jsonb, p_count integer) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(min((t ->> 'amount')::bigint), p_base)
  FROM jsonb_array_elements(p_tiers) AS t WHERE (t ->> 'minParticipants')::integer <= p_count
$$;

-- Whether these are at most ten steps down from the base: more people each, from two on, and a lower amount each.
CREATE OR REPLACE FUNCTION trade.tiers_valid(p_base bigint, p_tiers jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT count(*) <= 10 AND coalesce(bool_and(coalesce(s.people > s.fewer AND s.amount BETWEEN 0 AND s.dearer - 1, false)), true)
  FROM (
    SELECT (t.step ->> 'minParticipants')::integer AS people, (t.step ->> 'amount')::bigint AS amount,
      lag((t.step ->> 'minParticipants')::integer, 1, 1) OVER w AS fewer,
      lag((t.step ->> 'amount')::bigint, 1, p_base) OVER w AS dearer
    FROM jsonb_array_elements(p_tiers) WITH ORDINALITY AS t (step, n) WINDOW w AS (ORDER BY t.n)
  ) s
$$;

-- What the functions above promise. A product that ended before has no final amount: all paid its price.
ALTER TABLE trade.products
  ADD CONSTRAINT products_tiers CHECK (price_tiers = '[]' OR trade.tiers_valid(price_amount, price_tiers)),
  ADD CONSTRAINT products_final CHECK (final_amount IS NULL OR (
    status = 'CLOSED' AND final_amount = trade.tier_amount(price_amount, price_tiers, participant_count)));

-- Products first, as everything locks them.
-- AlterTable
ALTER TABLE "products" ADD COLUMN     "authorized_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "payment" TEXT NOT NULL DEFAULT 'NONE',
ADD COLUMN     "waiting_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "waiting_list" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "changes" ADD COLUMN     "committed_count" INTEGER,
ADD COLUMN     "waiting_count" INTEGER;

-- AlterTable
ALTER TABLE "participations" ADD COLUMN     "committed" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "payment_amount" BIGINT,
ADD COLUMN     "payment_due_at" TIMESTAMPTZ(3),
ADD COLUMN     "payment_reference" TEXT,
ADD COLUMN     "payment_status" TEXT;

-- CreateTable
CREATE TABLE "ended_payments" (
    "id" BIGSERIAL NOT NULL,
    "product_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL,
    "payment_status" TEXT NOT NULL,
    "payment_due_at" TIMESTAMPTZ(3) NOT NULL,
    "payment_reference" TEXT,
    "payment_amount" BIGINT,
    "cause" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ended_payments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "waiting" (
    "id" BIGSERIAL NOT NULL,
    "product_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "nickname" TEXT NOT NULL,
    "tag" TEXT,
    "quantity" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "waiting_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ended_payments_product_id_user_id_idx" ON "ended_payments"("product_id", "user_id");

-- CreateIndex
CREATE INDEX "ended_payments_user_id_idx" ON "ended_payments"("user_id");

-- CreateIndex
CREATE INDEX "waiting_product_id_id_idx" ON "waiting"("product_id", "id");

-- CreateIndex
CREATE INDEX "waiting_user_id_idx" ON "waiting"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "waiting_product_id_user_id_key" ON "waiting"("product_id", "user_id");

-- How many a buyer takes, while the product recruits. The same number again is ok and changes nothing. The place stays
-- what it is: cap and minimum count people. Where more is due than was authorised, its payment is PENDING again, and where it is
-- no longer, AUTHORIZED.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.change_quantity(p_id text, p_user text, p_quantity integer, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
  v_before integer;
  v_kind text;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_place.quantity = p_quantity THEN
    RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
  ELSE
    v_before := v_place.quantity;
    v_new := v_old;
    IF v_place.payment_status = 'AUTHORIZED' AND v_place.payment_amount < v_old.price_amount * p_quantity THEN
      v_place.payment_status := 'PENDING';
      v_place.payment_due_at := trade.payment_due(v_old, p_origin);
      v_new.authorized_count := v_old.authorized_count - 1;
      v_kind := 'buyer.withdrawn';
    ELSIF v_place.payment_status = 'PENDING' AND v_place.payment_amount >= v_old.price_amount * p_quantity THEN
      v_place.payment_status := 'AUTHORIZED';
      v_new.authorized_count := v_old.authorized_count + 1;
      v_kind := 'buyer.committed';
    END IF;
    UPDATE trade.participations s SET quantity = p_quantity, payment_status = v_place.payment_status,
      payment_due_at = v_place.payment_due_at, committed = coalesce(v_place.payment_status = 'AUTHORIZED', true)
    WHERE s.product_id = p_id AND s.user_id = p_user
    RETURNING * INTO v_place;
    v_new.unit_count := v_old.unit_count + p_quantity - v_before;
    v_new := trade.save_product(v_old, v_new, 'buyer.changed', p_user, NULL,
      jsonb_strip_nulls(jsonb_build_object('quantity', p_quantity, 'before', v_before,
        'dueAt', CASE WHEN v_kind = 'buyer.withdrawn' THEN trade.iso(v_place.payment_due_at) END)),
      v_kind, jsonb_build_object('userId', p_user, 'nickname', v_place.nickname), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- How many people count: for the tiers, the minimum and the end by the cap. With payment, those whose payment is authorised.
CREATE OR REPLACE FUNCTION trade.counted(p trade.products) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p.payment = 'NONE' THEN p.participant_count ELSE p.authorized_count END
$$;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: how it is sold, {"priceTiers", "payment", "waitingList"}; what it does not name is as it was before there was a choice.
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
    price_currency, price_tiers, payment, waiting_list, min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, coalesce(p_terms ->> 'payment', 'NONE'), coalesce((p_terms ->> 'waitingList')::boolean, false), p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
END $$;

-- Takes somebody out of his place, in the product's row and in the audit; `p_event` says why, and so does `p_cause` for his
-- payment (see keep_payment). The caller has deleted the participation, and writes the product.
CREATE OR REPLACE FUNCTION trade.drop_place(
  p trade.products, p_place trade.participations, p_cause text, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p;
BEGIN
  PERFORM trade.keep_payment(p, p_place, p_cause, p_origin);
  v_new.participant_count := p.participant_count - 1;
  v_new.unit_count := p.unit_count - p_place.quantity;
  IF p.payment = 'REQUIRED' AND p_place.committed THEN
    v_new.authorized_count := p.authorized_count - 1;
  END IF;
  RETURN v_new;
END $$;

-- The seller's close ('CLOSED') or cancellation ('CANCELLED'). The same end again is ok and changes nothing.
-- Outcomes: ok, not_found, forbidden, illegal (it ended the other way), minimum.
CREATE OR REPLACE FUNCTION trade.end_product(
  p_id text, p_actor text, p_admin boolean, p_status text, p_note text, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_outcome text;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  IF v_old.seller_id <> p_actor AND NOT p_admin THEN
    v_outcome := 'forbidden';
  ELSIF v_old.status = p_status THEN
    v_outcome := 'ok';
  ELSIF v_old.status <> 'RECRUITING' THEN
    v_outcome := 'illegal';
  ELSIF p_status = 'CLOSED' AND trade.counted(v_old) < v_old.min_participants THEN
    v_outcome := 'minimum';
  ELSE
    v_new := v_old;
    v_new.status := p_status;
    v_new.reason := 'SELLER';
    v_new := trade.save_product(v_old, v_new, NULL, p_actor, p_note, NULL, NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
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
      SELECT s.product_id FROM trade.participations s WHERE NOT s.committed AND s.payment_due_at <= v_now
      ORDER BY s.payment_due_at LIMIT p_limit * 10)
    ORDER BY q.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
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
  v_now timestamptz := clock_timestamp();
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

-- Tells chat everything about a product again, and first of all who is no buyer of it though chat takes him for one:
-- his place may be the one that a buyer needs. False when something is under way already.
CREATE OR REPLACE FUNCTION trade.heal_room(p_id text, p_extra text[], p_origin jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (SELECT 1 FROM trade.outbox_rooms WHERE room_id = p_id) THEN
    RETURN false;
  END IF;
  PERFORM trade.enqueue(p_id, 'buyer.withdrawn', jsonb_build_object('userId', e.user_id), p_origin)
  FROM unnest(p_extra) AS e (user_id)
  WHERE NOT EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = e.user_id AND s.committed);
  IF v_product.status = 'RECRUITING' THEN
    PERFORM trade.enqueue(p_id, 'room.patched', jsonb_build_object('maxParticipants', v_product.max_participants,
      'minParticipants', v_product.min_participants, 'expiresAt', trade.iso(v_product.deadline)), p_origin);
    PERFORM trade.enqueue(p_id, 'buyer.committed',
      jsonb_build_object('userId', s.user_id, 'nickname', s.nickname), p_origin)
    FROM (SELECT * FROM trade.participations WHERE product_id = p_id AND committed ORDER BY joined_at, user_id) s;
  END IF;
  RETURN true;
END $$;

-- A purchase. The one that fills the last place closes the product.
-- Outcomes: ok, not_found, seller, already, ended.
CREATE OR REPLACE FUNCTION trade.join_product(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb, p_claim jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_taken record;
  v_at timestamptz;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  -- Ended is final, so the many who come too late need not queue for the lock.
  IF v_old.status = 'RECRUITING' THEN
    SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
    -- Read before the deadline is judged: read afterwards, a purchase that was in time could be stored as one that was not.
    v_at := trade.instant();
    v_old := trade.settle(v_old, p_origin);
  END IF;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'already', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' OR v_old.participant_count >= v_old.max_participants THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    v_taken := trade.take_place(v_old, p_user, p_nickname, p_tag, p_quantity, v_at, 'buyer.committed', p_origin);
    PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_taken.place)));
    RETURN QUERY SELECT 'ok', to_jsonb(v_taken.product), to_jsonb(v_taken.place);
  END IF;
END $$;

-- Puts somebody on the waiting list of a product that has no place free.
-- Outcomes: ok, not_found, seller, already (takes part), waiting (waits), ended, no_list, free (there are places).
CREATE OR REPLACE FUNCTION trade.join_waiting(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old);
  ELSIF EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'already', to_jsonb(v_old);
  ELSIF EXISTS (SELECT 1 FROM trade.waiting w WHERE w.product_id = p_id AND w.user_id = p_user) THEN
    RETURN QUERY SELECT 'waiting', to_jsonb(v_old);
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old);
  ELSIF NOT v_old.waiting_list THEN
    RETURN QUERY SELECT 'no_list', to_jsonb(v_old);
  ELSIF v_old.participant_count < v_old.max_participants THEN
    RETURN QUERY SELECT 'free', to_jsonb(v_old);
  ELSE
    INSERT INTO trade.waiting (product_id, user_id, nickname, tag, quantity, created_at)
    VALUES (p_id, p_user, p_nickname, p_tag, p_quantity, trade.instant());
    v_new := v_old;
    v_new.waiting_count := v_old.waiting_count + 1;
    v_new := trade.write_product(v_old, v_new, 'waiting.joined', p_user, NULL,
      jsonb_build_object('quantity', p_quantity), NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new);
  END IF;
END $$;

-- Keeps the payment of a place that is gone, so that it can still be reported on, and asks for the release of what is held.
-- `p_cause`: withdrawn, expired, replaced (by another authorisation) or late (authorised when it was due no more).
CREATE OR REPLACE FUNCTION trade.keep_payment(
  p trade.products, p_place trade.participations, p_cause text, p_origin jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_place.payment_status IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO trade.ended_payments (product_id, user_id, quantity, joined_at, payment_status, payment_due_at,
    payment_reference, payment_amount, cause, ended_at)
  VALUES (p_place.product_id, p_place.user_id, p_place.quantity, p_place.joined_at,
    -- Money is held until it is said to be released, also where more of it was due.
    CASE WHEN p_place.payment_amount IS NULL THEN p_place.payment_status ELSE 'AUTHORIZED' END, p_place.payment_due_at,
    p_place.payment_reference, p_place.payment_amount, p_cause, trade.instant());
  IF p_place.payment_amount IS NOT NULL THEN
    PERFORM trade.record_audit(p, 'payment.release', p_place.user_id, p.status, NULL,
      jsonb_build_object('reference', p_place.payment_reference, 'amount', p_place.payment_amount), p_origin);
  END IF;
END $$;

-- A payment that was kept, as the participation that it was of.
CREATE OR REPLACE FUNCTION trade.kept_place(k trade.ended_payments) RETURNS trade.participations
LANGUAGE plpgsql AS $$
DECLARE
  v_place trade.participations;
BEGIN
  v_place.product_id := k.product_id;
  v_place.user_id := k.user_id;
  v_place.quantity := k.quantity;
  v_place.joined_at := k.joined_at;
  v_place.committed := false;
  v_place.payment_status := k.payment_status;
  v_place.payment_due_at := k.payment_due_at;
  v_place.payment_reference := k.payment_reference;
  v_place.payment_amount := k.payment_amount;
  RETURN v_place;
END $$;

-- Takes somebody off the waiting list.
-- Outcomes: ok, not_found, absent.
CREATE OR REPLACE FUNCTION trade.leave_waiting(p_id text, p_user text, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  DELETE FROM trade.waiting w WHERE w.product_id = p_id AND w.user_id = p_user;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old);
    RETURN;
  END IF;
  v_new := v_old;
  v_new.waiting_count := v_old.waiting_count - 1;
  v_new := trade.write_product(v_old, v_new, 'waiting.left', p_user, NULL, NULL, NULL, NULL, p_origin);
  RETURN QUERY SELECT 'ok', to_jsonb(v_new);
END $$;

-- When a payment that becomes due now has to be authorised: `paymentWindowS` of the service that acts, and never after the
-- deadline.
CREATE OR REPLACE FUNCTION trade.payment_due(p trade.products, p_origin jsonb) RETURNS timestamptz
LANGUAGE sql AS $$
  SELECT least(p.deadline,
    trade.instant() + make_interval(secs => coalesce((p_origin ->> 'paymentWindowS')::integer, 900)))
$$;

-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, unit_count, committed_count, waiting_count, price, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.unit_count, trade.counted(p), p.waiting_count, jsonb_build_object('price_amount', p.price_amount, 'price_currency',
      p.price_currency, 'price_tiers', p.price_tiers, 'final_amount', p.final_amount), p.deadline, p.closed_at)
$$;

-- What a shop's back end says of a payment: AUTHORIZED, FAILED, CAPTURED, RELEASED or REFUNDED. The same again changes
-- nothing. A payment whose place is gone is found by its reference; it can still be released.
-- Outcomes: ok, not_found, absent (nothing to pay), less and more (`p_amount` is not what may be), not_due (AUTHORIZED too
-- late: what is held is asked to be released), illegal (the participation says what it is).
CREATE OR REPLACE FUNCTION trade.report_payment(
  p_id text, p_user text, p_status text, p_reference text, p_amount bigint, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
  v_kept trade.ended_payments;
  v_was trade.participations;
  v_outcome text := 'ok';
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s
  WHERE s.product_id = p_id AND s.user_id = p_user AND s.payment_status IS NOT NULL;
  IF v_place.user_id IS NULL OR v_place.payment_reference IS DISTINCT FROM p_reference THEN
    SELECT * INTO v_kept FROM trade.ended_payments k
    WHERE k.product_id = p_id AND k.user_id = p_user
      AND (k.payment_reference = p_reference OR v_place.user_id IS NULL)
    ORDER BY k.payment_reference = p_reference DESC NULLS LAST, k.id DESC LIMIT 1;
  END IF;

  IF v_kept.id IS NOT NULL THEN
    v_place := trade.kept_place(v_kept);
    IF v_kept.payment_status = p_status AND (p_reference IS NULL OR v_kept.payment_reference = p_reference) THEN
      IF p_status = 'AUTHORIZED' THEN
        v_outcome := 'not_due';
      END IF;
    ELSIF p_status = 'AUTHORIZED' AND v_kept.payment_reference IS NOT DISTINCT FROM p_reference
      AND v_kept.payment_status IN ('RELEASED', 'FAILED') THEN
      v_outcome := 'illegal';
    ELSIF p_status = 'AUTHORIZED' THEN
      v_place.payment_reference := p_reference;
      v_place.payment_amount := p_amount;
      PERFORM trade.keep_payment(v_old, v_place, 'late', p_origin);
      v_outcome := 'not_due';
    ELSIF (v_kept.payment_status = 'AUTHORIZED' AND p_status IN ('RELEASED', 'FAILED'))
      OR (v_kept.payment_status = 'PENDING' AND p_status = 'FAILED') THEN
      UPDATE trade.ended_payments k SET payment_status = p_status WHERE k.id = v_kept.id RETURNING * INTO v_kept;
      v_place := trade.kept_place(v_kept);
      PERFORM trade.record_audit(v_old, 'payment.' || lower(p_status), p_user, v_old.status, NULL,
        jsonb_build_object('reference', v_kept.payment_reference, 'amount', v_kept.payment_amount), p_origin);
    ELSE
      v_outcome := 'illegal';
    END IF;
    RETURN QUERY SELECT v_outcome, to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
    RETURN;
  END IF;

  v_was := v_place;
  v_new := v_old;
  IF v_place.payment_status = p_status AND p_reference IS NOT DISTINCT FROM coalesce(v_place.payment_reference, p_reference)
    AND (p_amount IS NULL OR p_status <> 'AUTHORIZED' OR p_amount = v_place.payment_amount) THEN
    RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  ELSIF v_old.status = 'RECRUITING' AND p_status = 'AUTHORIZED' THEN
    IF p_amount < v_old.price_amount * v_place.quantity THEN
      RETURN QUERY SELECT 'less', to_jsonb(v_old), to_jsonb(v_place);
      RETURN;
    END IF;
    IF v_place.payment_amount IS NOT NULL AND v_place.payment_reference <> p_reference THEN
      PERFORM trade.keep_payment(v_old, v_place, 'replaced', p_origin);
    END IF;
    v_place.payment_reference := p_reference;
    v_place.payment_amount := p_amount;
  ELSIF v_old.status = 'RECRUITING' AND p_status = 'FAILED' AND v_place.payment_status IN ('PENDING', 'AUTHORIZED') THEN
    IF v_place.payment_amount IS NOT NULL AND p_reference <> v_place.payment_reference THEN
      -- Another try failed; what is held stays so.
      IF v_place.payment_status = 'AUTHORIZED' THEN
        RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
        RETURN;
      END IF;
    ELSE
      v_place.payment_reference := coalesce(p_reference, v_place.payment_reference);
      v_place.payment_amount := NULL;
    END IF;
    IF v_place.payment_status = 'AUTHORIZED' THEN
      v_place.payment_due_at := greatest(v_place.payment_due_at, trade.payment_due(v_old, p_origin));
    END IF;
  ELSIF v_old.status <> 'RECRUITING' AND v_place.payment_reference IS NOT DISTINCT FROM coalesce(p_reference, v_place.payment_reference)
    AND ((v_place.payment_status = 'AUTHORIZED'
        AND (p_status IN ('RELEASED', 'FAILED') OR (p_status = 'CAPTURED' AND v_old.status = 'CLOSED')))
      OR (v_place.payment_status = 'CAPTURED' AND p_status = 'REFUNDED')) THEN
    IF p_status = 'CAPTURED' THEN
      IF p_amount > v_place.payment_amount THEN
        RETURN QUERY SELECT 'more', to_jsonb(v_old), to_jsonb(v_place);
        RETURN;
      END IF;
      v_place.payment_amount := coalesce(p_amount, v_old.final_amount * v_place.quantity);
    END IF;
  ELSE
    RETURN QUERY SELECT 'illegal', to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  END IF;

  v_place.payment_status := p_status;
  -- The end has made buyers of all who were left: what becomes of their payments changes no count.
  v_place.committed := v_old.status <> 'RECRUITING' OR p_status = 'AUTHORIZED';
  UPDATE trade.participations s SET payment_status = v_place.payment_status, payment_due_at = v_place.payment_due_at,
    payment_reference = v_place.payment_reference, payment_amount = v_place.payment_amount, committed = v_place.committed
  WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_place.committed = v_was.committed THEN
    PERFORM trade.record_audit(v_old, 'payment.' || lower(p_status), p_user, v_old.status, NULL,
      jsonb_build_object('reference', v_place.payment_reference, 'amount', v_place.payment_amount), p_origin);
  ELSE
    v_new.authorized_count := v_old.authorized_count + CASE WHEN v_place.committed THEN 1 ELSE -1 END;
    v_new := trade.save_product(v_old, v_new, 'payment.' || lower(p_status), p_user, NULL,
      jsonb_build_object('reference', v_place.payment_reference, 'amount', v_place.payment_amount),
      CASE WHEN v_place.committed THEN 'buyer.committed' ELSE 'buyer.withdrawn' END,
      jsonb_build_object('userId', p_user, 'nickname', v_place.nickname), p_origin);
  END IF;
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
END $$;

-- Tells chat the whole state of a product again: for a room that differs, or (`p_missing`) that chat has lost, where
-- the pending entries can't be delivered any more and are replaced. False: something is under way, or the product is
-- unknown.
CREATE OR REPLACE FUNCTION trade.resend_room(p_id text, p_missing boolean, p_origin jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_room trade.outbox_rooms;
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
    DELETE FROM trade.outbox WHERE room_id = p_id;
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
  RETURN true;
END $$;

-- Writes a product (see write_product), and gives the places that are free then to those who wait for one, in the order in
-- which they came.
CREATE OR REPLACE FUNCTION trade.save_product(
  p_old trade.products, p_new trade.products, p_event text, p_actor text, p_note text, p_data jsonb, p_kind text,
  p_payload jsonb, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_next trade.waiting;
BEGIN
  p_new := trade.write_product(p_old, p_new, p_event, p_actor, p_note, p_data, p_kind, p_payload, p_origin);
  WHILE p_new.status = 'RECRUITING' AND p_new.waiting_count > 0 AND p_new.participant_count < p_new.max_participants LOOP
    DELETE FROM trade.waiting w WHERE w.id = (
      SELECT min(o.id) FROM trade.waiting o WHERE o.product_id = p_new.id) RETURNING * INTO v_next;
    p_new := (trade.take_place(p_new, v_next.user_id, v_next.nickname, v_next.tag, v_next.quantity, trade.instant(),
      'waiting.promoted', p_origin)).product;
  END LOOP;
  RETURN p_new;
END $$;

-- Ends a product whose deadline has passed, and frees the places that were not paid in time; everything that locks a product does this first, so a late scheduler
-- changes nothing. The time is read after the lock was waited for.
CREATE OR REPLACE FUNCTION trade.settle(p_old trade.products, p_origin jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p_old;
BEGIN
  IF p_old.status <> 'RECRUITING' THEN
    RETURN p_old;
  ELSIF clock_timestamp() < p_old.deadline THEN
    RETURN trade.expire_places(p_old, p_origin);
  END IF;
  IF trade.counted(p_old) >= p_old.min_participants THEN
    v_new.status := 'CLOSED';
    v_new.reason := CASE WHEN trade.counted(p_old) >= p_old.max_participants THEN 'FULL' ELSE 'DEADLINE' END;
  ELSE
    v_new.status := 'CANCELLED';
    v_new.reason := 'UNDERFILLED';
  END IF;
  RETURN trade.save_product(p_old, v_new, NULL, NULL, NULL, NULL, NULL, NULL, p_origin);
END $$;

-- Puts somebody into a place that is free, whose product's lock the caller holds. With payment REQUIRED the place is held
-- until its payment is due, and chat hears of it when it is authorised. `p_event`: buyer.committed, or waiting.promoted of
-- the first of those who wait.
CREATE OR REPLACE FUNCTION trade.take_place(
  p trade.products, p_user text, p_nickname text, p_tag text, p_quantity integer, p_at timestamptz, p_event text,
  p_origin jsonb, OUT product trade.products, OUT place trade.participations
)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p;
  v_pays boolean := p.payment = 'REQUIRED';
BEGIN
  INSERT INTO trade.participations (product_id, user_id, nickname, tag, quantity, joined_at, committed, payment_status,
    payment_due_at)
  VALUES (p.id, p_user, p_nickname, p_tag, p_quantity, p_at, NOT v_pays,
    CASE WHEN v_pays THEN 'PENDING' END, CASE WHEN v_pays THEN trade.payment_due(p, p_origin) END)
  RETURNING * INTO place;
  v_new.participant_count := p.participant_count + 1;
  v_new.unit_count := p.unit_count + p_quantity;
  IF p_event = 'waiting.promoted' THEN
    v_new.waiting_count := p.waiting_count - 1;
  END IF;
  product := trade.write_product(p, v_new, p_event, p_user, NULL,
    CASE WHEN v_pays THEN jsonb_build_object('quantity', p_quantity, 'dueAt', trade.iso(place.payment_due_at))
      ELSE jsonb_build_object('quantity', p_quantity) END,
    CASE WHEN NOT v_pays THEN 'buyer.committed' END,
    jsonb_build_object('userId', p_user, 'nickname', p_nickname), p_origin);
END $$;

-- A purchase is taken back, while the product recruits.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.withdraw_from_product(p_id text, p_user text, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    DELETE FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
    v_new := trade.save_product(v_old, trade.drop_place(v_old, v_place, 'withdrawn', p_origin), 'buyer.withdrawn', p_user,
      NULL, jsonb_build_object('quantity', v_place.quantity), CASE WHEN v_place.committed THEN 'buyer.withdrawn' END,
      jsonb_build_object('userId', p_user), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- Writes `p_new` over `p_old`, whose lock the caller holds, and all that follows from it: the end when the cap is
-- reached, the audit, the live change, and the entries for chat (`p_kind` first, the room's status after it). With the end
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
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, authorized_count = p_new.authorized_count,
    waiting_count = p_new.waiting_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, price_tiers = p_new.price_tiers,
    final_amount = p_new.final_amount, version = p_new.version
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
  IF v_ends THEN
    PERFORM trade.enqueue_status(p_new, p_note, p_origin);
  END IF;
  RETURN p_new;
END $$;

-- What the functions above promise.
ALTER TABLE trade.products
  DROP CONSTRAINT products_status,
  -- Reaching the cap closes at once, but where somebody may wait, or has still to pay.
  ADD CONSTRAINT products_status CHECK (
    (status = 'RECRUITING' AND reason IS NULL AND closed_at IS NULL AND (waiting_list
      OR CASE payment WHEN 'NONE' THEN participant_count ELSE authorized_count END < max_participants))
    OR (status = 'CLOSED' AND reason IN ('FULL', 'DEADLINE', 'SELLER') AND closed_at IS NOT NULL
      AND participant_count >= min_participants)
    OR (status = 'CANCELLED' AND reason IN ('SELLER', 'UNDERFILLED') AND closed_at IS NOT NULL)),
  ADD CONSTRAINT products_payment CHECK (payment IN ('NONE', 'REQUIRED')),
  ADD CONSTRAINT products_authorized CHECK (
    authorized_count BETWEEN 0 AND CASE payment WHEN 'NONE' THEN 0 ELSE participant_count END),
  ADD CONSTRAINT products_paid CHECK (
    status = 'RECRUITING' OR payment = 'NONE' OR authorized_count = participant_count),
  ADD CONSTRAINT products_waiting CHECK (
    waiting_count >= 0 AND (waiting_count = 0 OR (waiting_list AND status = 'RECRUITING')));
ALTER TABLE trade.participations ADD CONSTRAINT participations_payment CHECK (
  CASE WHEN payment_status IS NULL THEN committed AND payment_due_at IS NULL AND payment_amount IS NULL
  ELSE payment_status IN ('PENDING', 'AUTHORIZED', 'FAILED', 'CAPTURED', 'RELEASED', 'REFUNDED')
    AND payment_due_at IS NOT NULL AND (committed OR payment_status IN ('PENDING', 'FAILED'))
    AND (payment_status <> 'PENDING' OR NOT committed)
    AND (payment_status IN ('PENDING', 'FAILED') OR (payment_reference IS NOT NULL AND payment_amount IS NOT NULL))
    AND (payment_amount IS NULL OR payment_amount >= 0) END);
ALTER TABLE trade.ended_payments ADD CONSTRAINT ended_payments_status CHECK (
  payment_status IN ('PENDING', 'AUTHORIZED', 'FAILED', 'RELEASED')
  AND cause IN ('withdrawn', 'expired', 'replaced', 'late'));
ALTER TABLE trade.waiting ADD CONSTRAINT waiting_quantity CHECK (quantity BETWEEN 1 AND 99);

-- Places that are held, by when they are due: of all products, and of one.
CREATE INDEX participations_due ON trade.participations (payment_due_at) WHERE NOT committed;
CREATE INDEX participations_unpaid ON trade.participations (product_id, payment_due_at) WHERE NOT committed;

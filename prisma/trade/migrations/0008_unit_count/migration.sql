-- Products first, as everything locks them.
-- AlterTable
ALTER TABLE "products" ADD COLUMN     "unit_count" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "products" ADD CONSTRAINT "products_units" CHECK ("unit_count" >= 0);

-- AlterTable
ALTER TABLE "changes" ADD COLUMN     "unit_count" INTEGER;

-- Nobody buys meanwhile: the new column has locked the table until the end of this transaction.
UPDATE trade.products p SET unit_count = b.units
FROM (SELECT product_id, sum(quantity) AS units FROM trade.participations GROUP BY product_id) b
WHERE b.product_id = p.id;

-- How many a buyer takes, while the product recruits. The same number again is ok and changes nothing. The place stays
-- what it is: cap and minimum count people.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.change_quantity(p_id text, p_user text, p_quantity integer, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
  v_before integer;
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
    UPDATE trade.participations s SET quantity = p_quantity WHERE s.product_id = p_id AND s.user_id = p_user
    RETURNING * INTO v_place;
    v_new := v_old;
    v_new.unit_count := v_old.unit_count + p_quantity - v_before;
    v_new := trade.save_product(v_old, v_new, 'buyer.changed', p_user, NULL,
      jsonb_build_object('quantity', p_quantity, 'before', v_before), NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- A purchase. The one that fills the last place closes the product.
-- Outcomes: ok, not_found, seller, already, ended.
CREATE OR REPLACE FUNCTION trade.join_product(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb, p_claim jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
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
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    INSERT INTO trade.participations (product_id, user_id, nickname, tag, quantity, joined_at)
    VALUES (p_id, p_user, p_nickname, p_tag, p_quantity, v_at)
    RETURNING * INTO v_place;
    v_new := v_old;
    v_new.participant_count := v_old.participant_count + 1;
    v_new.unit_count := v_old.unit_count + p_quantity;
    v_new := trade.save_product(v_old, v_new, 'buyer.committed', p_user, NULL,
      jsonb_build_object('quantity', p_quantity),
      'buyer.committed', jsonb_build_object('userId', p_user, 'nickname', p_nickname), p_origin);
    PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_place)));
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, unit_count, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.unit_count, p.deadline, p.closed_at)
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
  END IF;
  p_new.version := p_old.version + 1;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, version = p_new.version
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.unit_count, p_new.min_participants, p_new.max_participants,
      p_new.deadline)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.unit_count, p_old.min_participants, p_old.max_participants,
      p_old.deadline) THEN
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
    v_new := v_old;
    v_new.participant_count := v_old.participant_count - 1;
    v_new.unit_count := v_old.unit_count - v_place.quantity;
    v_new := trade.save_product(v_old, v_new, 'buyer.withdrawn', p_user, NULL,
      jsonb_build_object('quantity', v_place.quantity),
      'buyer.withdrawn', jsonb_build_object('userId', p_user), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

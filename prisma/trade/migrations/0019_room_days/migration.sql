-- CreateIndex
CREATE INDEX "products_closed_at_idx" ON "products"("closed_at");

-- Removes acts of moderation that are older than `p_days` days and of no product that is still there: `p_limit` at most. What
-- concerns a product or a user who is held stays. Returns how many went.
CREATE OR REPLACE FUNCTION trade.forget_moderations(p_days integer, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_gone integer;
BEGIN
  DELETE FROM trade.moderations WHERE id IN (
    SELECT t.id FROM trade.moderations t
    WHERE t.at < clock_timestamp() - p_days * interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM trade.products p WHERE p.id = t.product_id)
      AND NOT EXISTS (SELECT 1 FROM trade.holds h WHERE h.kind = 'PRODUCT' AND h.id = t.product_id
        OR h.kind = 'USER' AND h.id IN (t.user_id, t.by_user_id))
    ORDER BY t.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_gone = ROW_COUNT;
  RETURN v_gone;
END $$;

-- Whether all of a product that has ended stays: it, or somebody who is named by it, is held for a legal reason; money of it is
-- still to be captured or released, which the shop reports; or chat is still to be told of it, unless chat has no such room any more.
CREATE OR REPLACE FUNCTION trade.is_kept_product(p trade.products) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT trade.is_held('PRODUCT', p.id)
    OR EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p.id AND s.payment_status = 'AUTHORIZED')
    OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.product_id = p.id AND k.payment_status = 'AUTHORIZED')
    OR EXISTS (SELECT 1 FROM trade.outbox_rooms o WHERE o.room_id = p.id AND (NOT o.missing OR o.claim IS NOT NULL))
    OR EXISTS (SELECT 1 FROM trade.holds h WHERE h.kind = 'USER' AND (h.id = p.seller_id
      OR EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p.id AND s.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.product_id = p.id AND k.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.audit a JOIN trade.people q ON q.number = a.person
        WHERE a.product_id = p.id AND q.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.audit a WHERE a.product_id = p.id AND a.actor = h.id)))
$$;

-- Of the trigger `audit_append_only`. One change of a row there is: a name becomes the number that stands for it. Rows go only
-- with their product, by `retire_product`, which names it in a setting of its transaction.
CREATE OR REPLACE FUNCTION trade.keep_audit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.product_id = current_setting('trade.retiring', true) THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.actor IS NOT NULL AND NEW.actor IS NULL AND NEW.person IS NOT NULL
    AND to_jsonb(NEW) - 'actor' - 'person' = to_jsonb(OLD) - 'actor' - 'person' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$;

-- One portion of the removal of a product that ended more than `p_days` days ago and that nothing keeps: up to `p_limit` rows of
-- its audit, its ended payments or its participations, or, once there are none, the product. Outcomes: more, removed, kept
-- (somebody has locked it, it is no more, or something keeps it). Its room goes in chat, by the same days.
CREATE OR REPLACE FUNCTION trade.retire_product(p_id text, p_days integer, p_limit integer) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_gone integer;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR v_product.status = 'RECRUITING' OR trade.is_kept_product(v_product)
    OR v_product.closed_at >= clock_timestamp() - p_days * interval '1 day' THEN
    RETURN 'kept';
  END IF;
  -- The one exception of the trigger `audit_append_only`: see keep_audit.
  PERFORM set_config('trade.retiring', p_id, true);
  DELETE FROM trade.audit WHERE id IN (SELECT a.id FROM trade.audit a WHERE a.product_id = p_id ORDER BY a.id LIMIT p_limit);
  GET DIAGNOSTICS v_gone = ROW_COUNT;
  PERFORM set_config('trade.retiring', '', true);
  IF v_gone = 0 THEN
    DELETE FROM trade.ended_payments WHERE id IN (
      SELECT k.id FROM trade.ended_payments k WHERE k.product_id = p_id LIMIT p_limit);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
  END IF;
  IF v_gone = 0 THEN
    DELETE FROM trade.participations WHERE product_id = p_id AND user_id IN (
      SELECT s.user_id FROM trade.participations s WHERE s.product_id = p_id LIMIT p_limit);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
  END IF;
  IF v_gone > 0 THEN
    RETURN 'more';
  END IF;
  DELETE FROM trade.waiting WHERE product_id = p_id;
  -- Chat has removed the room by the same days: it is to be told nothing any more.
  DELETE FROM trade.outbox_rooms WHERE room_id = p_id;
  DELETE FROM trade.outbox WHERE room_id = p_id;
  DELETE FROM trade.products WHERE id = p_id;
  RETURN 'removed';
END $$;

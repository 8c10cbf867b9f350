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

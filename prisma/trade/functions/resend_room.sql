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

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

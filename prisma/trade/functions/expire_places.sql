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

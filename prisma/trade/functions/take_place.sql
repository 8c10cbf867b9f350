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

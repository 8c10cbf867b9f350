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

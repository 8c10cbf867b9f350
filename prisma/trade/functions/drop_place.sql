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

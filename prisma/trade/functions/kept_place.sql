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

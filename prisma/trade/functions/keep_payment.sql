-- Keeps the payment of a place that is gone, so that it can still be reported on, and asks for the release of what is held.
-- `p_cause`: withdrawn, expired, replaced (by another authorisation) or late (authorised when it was due no more).
CREATE OR REPLACE FUNCTION trade.keep_payment(
  p trade.products, p_place trade.participations, p_cause text, p_origin jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_place.payment_status IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO trade.ended_payments (product_id, user_id, quantity, joined_at, payment_status, payment_due_at,
    payment_reference, payment_amount, cause, ended_at)
  VALUES (p_place.product_id, p_place.user_id, p_place.quantity, p_place.joined_at,
    -- Money is held until it is said to be released, also where more of it was due.
    CASE WHEN p_place.payment_amount IS NULL THEN p_place.payment_status ELSE 'AUTHORIZED' END, p_place.payment_due_at,
    p_place.payment_reference, p_place.payment_amount, p_cause, trade.instant());
  IF p_place.payment_amount IS NOT NULL THEN
    PERFORM trade.record_audit(p, 'payment.release', p_place.user_id, p.status, NULL,
      jsonb_build_object('reference', p_place.payment_reference, 'amount', p_place.payment_amount), p_origin);
  END IF;
END $$;

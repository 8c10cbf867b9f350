-- What a shop's back end says of a payment: AUTHORIZED, FAILED, CAPTURED, RELEASED or REFUNDED. The same again changes
-- nothing. A payment whose place is gone is found by its reference; it can still be released.
-- Outcomes: ok, not_found, absent (nothing to pay), less and more (`p_amount` is not what may be), not_due (AUTHORIZED too
-- late: what is held is asked to be released), illegal (the participation says what it is).
CREATE OR REPLACE FUNCTION trade.report_payment(
  p_id text, p_user text, p_status text, p_reference text, p_amount bigint, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
  v_kept trade.ended_payments;
  v_was trade.participations;
  v_outcome text := 'ok';
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s
  WHERE s.product_id = p_id AND s.user_id = p_user AND s.payment_status IS NOT NULL;
  IF v_place.user_id IS NULL OR v_place.payment_reference IS DISTINCT FROM p_reference THEN
    SELECT * INTO v_kept FROM trade.ended_payments k
    WHERE k.product_id = p_id AND k.user_id = p_user
      AND (k.payment_reference = p_reference OR v_place.user_id IS NULL)
    ORDER BY k.payment_reference = p_reference DESC NULLS LAST, k.id DESC LIMIT 1;
  END IF;

  IF v_kept.id IS NOT NULL THEN
    v_place := trade.kept_place(v_kept);
    IF v_kept.payment_status = p_status AND (p_reference IS NULL OR v_kept.payment_reference = p_reference) THEN
      IF p_status = 'AUTHORIZED' THEN
        v_outcome := 'not_due';
      END IF;
    ELSIF p_status = 'AUTHORIZED' AND v_kept.payment_reference IS NOT DISTINCT FROM p_reference
      AND (v_kept.payment_status = 'RELEASED' OR v_kept.payment_status = 'FAILED' AND v_kept.payment_amount IS NOT NULL) THEN
      v_outcome := 'illegal';
    ELSIF p_status = 'AUTHORIZED' THEN
      v_place.payment_reference := p_reference;
      v_place.payment_amount := p_amount;
      PERFORM trade.keep_payment(v_old, v_place, 'late', p_origin);
      v_outcome := 'not_due';
    ELSIF (v_kept.payment_status = 'AUTHORIZED' AND p_status IN ('RELEASED', 'FAILED'))
      OR (v_kept.payment_status = 'PENDING' AND p_status = 'FAILED') THEN
      UPDATE trade.ended_payments k SET payment_status = p_status WHERE k.id = v_kept.id RETURNING * INTO v_kept;
      v_place := trade.kept_place(v_kept);
      PERFORM trade.record_audit(v_old, 'payment.' || lower(p_status), p_user, v_old.status, NULL,
        jsonb_build_object('reference', v_kept.payment_reference, 'amount', v_kept.payment_amount), p_origin);
    ELSE
      v_outcome := 'illegal';
    END IF;
    RETURN QUERY SELECT v_outcome, to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
    RETURN;
  END IF;

  v_was := v_place;
  v_new := v_old;
  IF v_place.payment_status = p_status AND p_reference IS NOT DISTINCT FROM coalesce(v_place.payment_reference, p_reference)
    AND (p_amount IS NULL OR p_status <> 'AUTHORIZED' OR p_amount = v_place.payment_amount) THEN
    RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  ELSIF v_old.status = 'RECRUITING' AND p_status = 'AUTHORIZED' THEN
    IF p_amount < v_old.price_amount * v_place.quantity THEN
      RETURN QUERY SELECT 'less', to_jsonb(v_old), to_jsonb(v_place);
      RETURN;
    END IF;
    IF v_place.payment_amount IS NOT NULL AND v_place.payment_reference <> p_reference THEN
      PERFORM trade.keep_payment(v_old, v_place, 'replaced', p_origin);
    END IF;
    v_place.payment_reference := p_reference;
    v_place.payment_amount := p_amount;
  ELSIF v_old.status = 'RECRUITING' AND p_status = 'FAILED' AND v_place.payment_status IN ('PENDING', 'AUTHORIZED') THEN
    IF v_place.payment_amount IS NOT NULL AND p_reference <> v_place.payment_reference THEN
      -- Another try failed; what is held stays so.
      IF v_place.payment_status = 'AUTHORIZED' THEN
        RETURN QUERY SELECT 'ok', to_jsonb(v_old), to_jsonb(v_place);
        RETURN;
      END IF;
    ELSE
      v_place.payment_reference := coalesce(p_reference, v_place.payment_reference);
      v_place.payment_amount := NULL;
    END IF;
    IF v_place.payment_status = 'AUTHORIZED' THEN
      v_place.payment_due_at := greatest(v_place.payment_due_at, trade.payment_due(v_old, p_origin));
    END IF;
  ELSIF v_old.status <> 'RECRUITING' AND v_place.payment_reference IS NOT DISTINCT FROM coalesce(p_reference, v_place.payment_reference)
    AND ((v_place.payment_status = 'AUTHORIZED'
        AND (p_status IN ('RELEASED', 'FAILED') OR (p_status = 'CAPTURED' AND v_old.status = 'CLOSED')))
      OR (v_place.payment_status = 'CAPTURED' AND p_status = 'REFUNDED')) THEN
    IF p_status = 'CAPTURED' THEN
      IF p_amount > v_place.payment_amount THEN
        RETURN QUERY SELECT 'more', to_jsonb(v_old), to_jsonb(v_place);
        RETURN;
      END IF;
      v_place.payment_amount := coalesce(p_amount, v_old.final_amount * v_place.quantity);
    END IF;
  ELSIF v_old.status <> 'RECRUITING' AND p_status = 'AUTHORIZED' AND p_reference <> v_place.payment_reference THEN
    -- Paid once more, too late.
    v_place.payment_reference := p_reference;
    v_place.payment_amount := p_amount;
    PERFORM trade.keep_payment(v_old, v_place, 'late', p_origin);
    RETURN QUERY SELECT 'not_due', to_jsonb(v_old), to_jsonb(v_was);
    RETURN;
  ELSE
    RETURN QUERY SELECT 'illegal', to_jsonb(v_old), to_jsonb(v_place);
    RETURN;
  END IF;

  v_place.payment_status := p_status;
  -- The end has made buyers of all who were left: what becomes of their payments changes no count.
  v_place.committed := v_old.status <> 'RECRUITING' OR p_status = 'AUTHORIZED';
  UPDATE trade.participations s SET payment_status = v_place.payment_status, payment_due_at = v_place.payment_due_at,
    payment_reference = v_place.payment_reference, payment_amount = v_place.payment_amount, committed = v_place.committed
  WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_place.committed = v_was.committed THEN
    PERFORM trade.record_audit(v_old, 'payment.' || lower(p_status), p_user, v_old.status, NULL,
      jsonb_build_object('reference', v_place.payment_reference, 'amount', v_place.payment_amount), p_origin);
  ELSE
    v_new.authorized_count := v_old.authorized_count + CASE WHEN v_place.committed THEN 1 ELSE -1 END;
    v_new := trade.save_product(v_old, v_new, 'payment.' || lower(p_status), p_user, NULL,
      jsonb_build_object('reference', v_place.payment_reference, 'amount', v_place.payment_amount),
      CASE WHEN v_place.committed THEN 'buyer.committed' ELSE 'buyer.withdrawn' END,
      jsonb_build_object('userId', p_user, 'nickname', v_place.nickname), p_origin);
  END IF;
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
END $$;

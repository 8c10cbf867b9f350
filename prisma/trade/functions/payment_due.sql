-- When a payment that becomes due now has to be authorised: `paymentWindowS` of the service that acts, and never after the
-- deadline.
CREATE OR REPLACE FUNCTION trade.payment_due(p trade.products, p_origin jsonb) RETURNS timestamptz
LANGUAGE sql AS $$
  SELECT least(p.deadline,
    trade.instant() + make_interval(secs => coalesce((p_origin ->> 'paymentWindowS')::integer, 900)))
$$;

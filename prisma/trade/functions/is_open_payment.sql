-- Whether the shop may still report on a payment under the buyer's id: it is to be captured or released, or was not paid, and may be
-- authorised too late, up to a day after it was due.
CREATE OR REPLACE FUNCTION trade.is_open_payment(p_status text, p_due_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
  RETURN coalesce(p_status = 'AUTHORIZED'
    OR p_status IN ('PENDING', 'FAILED') AND p_due_at > clock_timestamp() - interval '1 day', false);

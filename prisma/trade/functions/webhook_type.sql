-- What webhooks call an event of the audit; null: they hear nothing of it, as of all that is not named here.
CREATE OR REPLACE FUNCTION trade.webhook_type(p_event text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_event
    WHEN 'product.created' THEN 'product.created'
    WHEN 'product.closed' THEN 'product.closed'
    WHEN 'product.cancelled' THEN 'product.cancelled'
    WHEN 'product.edited' THEN 'product.updated'
    WHEN 'buyer.committed' THEN 'participation.created'
    WHEN 'buyer.withdrawn' THEN 'participation.withdrawn'
    WHEN 'buyer.expired' THEN 'participation.expired'
    WHEN 'waiting.promoted' THEN 'waiting.promoted'
    WHEN 'waiting.ended' THEN 'waiting.ended'
    WHEN 'buyer.changed' THEN 'participation.changed'
    WHEN 'payment.capture' THEN 'payment.capture'
    WHEN 'payment.release' THEN 'payment.release'
    WHEN 'payment.authorized' THEN 'participation.changed'
    WHEN 'payment.failed' THEN 'participation.changed'
    WHEN 'payment.captured' THEN 'participation.changed'
    WHEN 'payment.released' THEN 'participation.changed'
    WHEN 'payment.refunded' THEN 'participation.changed'
  END
$$;

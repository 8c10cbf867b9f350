-- What webhooks call an event of the audit; null: they hear nothing of it.
CREATE OR REPLACE FUNCTION trade.webhook_type(p_event text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_event
    WHEN 'product.edited' THEN 'product.updated'
    WHEN 'buyer.committed' THEN 'participation.created'
    WHEN 'buyer.withdrawn' THEN 'participation.withdrawn'
    WHEN 'buyer.expired' THEN 'participation.expired'
    WHEN 'waiting.joined' THEN NULL
    WHEN 'waiting.left' THEN NULL
    WHEN 'buyer.changed' THEN 'participation.changed'
    WHEN 'payment.authorized' THEN 'participation.changed'
    WHEN 'payment.failed' THEN 'participation.changed'
    WHEN 'payment.captured' THEN 'participation.changed'
    WHEN 'payment.released' THEN 'participation.changed'
    WHEN 'payment.refunded' THEN 'participation.changed'
    ELSE p_event
  END
$$;

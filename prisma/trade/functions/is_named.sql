-- Whether rows name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever writes of him waits,
-- and then sees that he is erased (`refuse_erased`).
CREATE OR REPLACE FUNCTION trade.is_named(p_user text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('trade.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT 1 FROM trade.participations s WHERE s.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.waiting t WHERE t.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.products p WHERE p.seller_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.pictures i WHERE i.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.address_reads r WHERE r.reader_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.idempotency_keys k WHERE k.user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.moderations t WHERE t.user_id = p_user OR t.by_user_id = p_user)
    OR EXISTS (SELECT 1 FROM trade.webhook_events w WHERE w.user_id = p_user OR w.product ->> 'seller_id' = p_user)
    OR EXISTS (SELECT 1 FROM trade.outbox o WHERE p_user IN (o.payload ->> 'userId', o.payload ->> 'hostId'));
END $$;

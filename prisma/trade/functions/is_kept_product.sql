-- Whether all of a product that has ended stays: it, or somebody who is named by it, is held for a legal reason; money of it is
-- still to be captured or released, which the shop reports; or chat is still to be told of it, unless chat has no such room any more.
CREATE OR REPLACE FUNCTION trade.is_kept_product(p trade.products) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT trade.is_held('PRODUCT', p.id)
    OR EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p.id AND s.payment_status = 'AUTHORIZED')
    OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.product_id = p.id AND k.payment_status = 'AUTHORIZED')
    OR EXISTS (SELECT 1 FROM trade.outbox_rooms o WHERE o.room_id = p.id AND (NOT o.missing OR o.claim IS NOT NULL))
    OR EXISTS (SELECT 1 FROM trade.holds h WHERE h.kind = 'USER' AND (h.id = p.seller_id
      OR EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p.id AND s.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.product_id = p.id AND k.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.audit a JOIN trade.people q ON q.number = a.person
        WHERE a.product_id = p.id AND q.user_id = h.id)
      OR EXISTS (SELECT 1 FROM trade.audit a WHERE a.product_id = p.id AND a.actor = h.id)))
$$;

-- Removes acts of moderation that are older than `p_days` days and of no product that is still there: `p_limit` at most. What
-- concerns a product or a user who is held stays. Returns how many went.
CREATE OR REPLACE FUNCTION trade.forget_moderations(p_days integer, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_gone integer;
BEGIN
  DELETE FROM trade.moderations WHERE id IN (
    SELECT t.id FROM trade.moderations t
    WHERE t.at < clock_timestamp() - p_days * interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM trade.products p WHERE p.id = t.product_id)
      AND NOT EXISTS (SELECT 1 FROM trade.holds h WHERE h.kind = 'PRODUCT' AND h.id = t.product_id
        OR h.kind = 'USER' AND h.id IN (t.user_id, t.by_user_id))
    ORDER BY t.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_gone = ROW_COUNT;
  RETURN v_gone;
END $$;

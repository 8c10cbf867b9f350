-- Locks products, by their ids; those that somebody else has locked are left out, and those that are held for a legal reason. Returns
-- the others: whoever holds one of them, reads its addresses or reports on its payments comes before or after, and not meanwhile.
CREATE OR REPLACE FUNCTION trade.lock_products(p_ids text[]) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
  v_locked text[];
BEGIN
  v_locked := ARRAY(SELECT p.id FROM trade.products p WHERE p.id = ANY (p_ids) ORDER BY p.id FOR NO KEY UPDATE SKIP LOCKED);
  -- A statement of its own: it sees what was committed before the lock.
  RETURN ARRAY(SELECT l.id FROM unnest(v_locked) l (id) WHERE NOT trade.is_held('PRODUCT', l.id));
END $$;

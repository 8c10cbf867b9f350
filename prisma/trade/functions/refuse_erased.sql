-- A trigger of the tables that say who acts, at the path that it is given: who was erased is in no row again, however late comes
-- what he asked for before (GE001). Where an erasure of him goes on it finds the row, as it ends only while nobody writes of him
-- (`is_named`). Who is back with a newer token is let in (`welcome_back`).
CREATE OR REPLACE FUNCTION trade.refuse_erased() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
DECLARE
  v_user text := to_jsonb(NEW) #>> TG_ARGV[0]::text[];
BEGIN
  IF v_user IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trade.erasures:' || v_user, 0));
  IF EXISTS (
      SELECT 1 FROM trade.bars b
      WHERE b.erased AND b.revoked_at IS NOT NULL AND NOT b.returned AND b.user_id = trade.mark_of(v_user))
    AND NOT EXISTS (SELECT 1 FROM trade.erasures e WHERE e.user_id = v_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'GE001', MESSAGE = 'who asks was erased';
  END IF;
  RETURN NEW;
END $$;

-- A service has told of somebody: where he was erased meanwhile, what it told goes the same way, once his purchase or room has ended.
-- The caller holds the room's lock, and has written of him, or will. An erasure ends only while nobody does (`erase_portion`).
CREATE OR REPLACE FUNCTION chat.erase_late(p_user TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('chat.erasures:' || p_user, 0));
  IF chat.is_late(p_user) THEN
    INSERT INTO chat.erasures (user_id, late) VALUES (p_user, true) ON CONFLICT (user_id) DO NOTHING;
  END IF;
END $$;

-- Whether rows of a room name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever tells of him
-- waits, and then sees that he is erased (`erase_late`).
CREATE OR REPLACE FUNCTION chat.is_named_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('chat.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT FROM chat.authors a WHERE a.user_id = p_user);
END $$;

-- Whether rows name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever writes of him waits,
-- and then sees that he is erased (`refuse_erased`, `erase_late`).
CREATE OR REPLACE FUNCTION chat.is_named_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('chat.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT FROM chat.authors a WHERE a.user_id = p_user)
    OR EXISTS (SELECT FROM chat.uploads u WHERE u.user_id = p_user AND NOT chat.is_held('ROOM', u.room_id))
    OR EXISTS (SELECT FROM chat.reports p
      WHERE (p.reporter_id = p_user OR p.ended_by = p_user) AND NOT chat.is_held('ROOM', p.room_id))
    OR EXISTS (SELECT FROM chat.moderations t WHERE t.user_id = p_user OR t.by_user_id = p_user)
    OR EXISTS (SELECT FROM chat.push_subscriptions s WHERE s.user_id = p_user)
    OR EXISTS (SELECT FROM chat.nickname_tags t WHERE t.user_id = p_user)
    OR EXISTS (SELECT FROM chat.tickets t WHERE t.claims ->> 'userId' = p_user)
    OR EXISTS (SELECT FROM chat.admins a WHERE a.user_id = p_user);
END $$;

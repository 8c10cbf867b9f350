-- Says whom a message mentions, beside all or alone. The caller holds the room's lock, and has taken away whom it mentioned
-- before.
CREATE OR REPLACE FUNCTION chat.set_mentions(p_room TEXT, p_seq BIGINT, p_users TEXT[], p_all BOOLEAN) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(p_users) = 0 AND NOT p_all THEN RETURN; END IF;
  UPDATE chat.messages t SET mentions = nullif(p_users, '{}'), mentions_all = nullif(p_all, false)
  WHERE t.room_id = p_room AND t.seq = p_seq;
  INSERT INTO chat.mentions (room_id, user_id, seq)
  SELECT p_room, u.user_id, p_seq FROM unnest(CASE WHEN p_all THEN array_append(p_users, '') ELSE p_users END) u (user_id);
  UPDATE chat.rooms r SET last_mention_seq = p_seq WHERE r.room_id = p_room AND r.last_mention_seq < p_seq;
END $$;

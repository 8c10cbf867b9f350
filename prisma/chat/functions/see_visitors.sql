-- Notes that visitors are there: the memberships of tokenless sockets, and the tags of their identities. Others among
-- the listed are left as they are. Members are locked in the order in which all do.
CREATE OR REPLACE FUNCTION chat.see_visitors(p_rooms TEXT[], p_users TEXT[]) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chat.members m SET seen_at = clock_timestamp() FROM (
    SELECT c.room_id, c.user_id FROM unnest(p_rooms, p_users) l (room_id, user_id)
    JOIN chat.members c ON c.room_id = l.room_id AND c.user_id = l.user_id
    WHERE c.seen_at IS NOT NULL ORDER BY c.room_id, c.user_id FOR NO KEY UPDATE OF c) v
  WHERE m.room_id = v.room_id AND m.user_id = v.user_id;
  UPDATE chat.nickname_tags t SET used_at = clock_timestamp() FROM (
    SELECT c.nickname, c.tag FROM chat.nickname_tags c
    WHERE c.visitor AND c.user_id = ANY (p_users) ORDER BY c.nickname, c.tag FOR NO KEY UPDATE) v
  WHERE t.nickname = v.nickname AND t.tag = v.tag;
END $$;

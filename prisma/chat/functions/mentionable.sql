-- Of the users that are listed (a JSON array) those who are members, each once, the first twenty: whom a message may mention.
-- The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.mentionable(p_room TEXT, p_users JSONB) RETURNS TEXT[]
LANGUAGE sql STABLE
  RETURN ARRAY(
    SELECT i.user_id
    FROM (SELECT e.user_id, min(e.n) AS n FROM jsonb_array_elements_text(p_users) WITH ORDINALITY e (user_id, n)
      GROUP BY 1) i
    WHERE EXISTS (SELECT FROM chat.members m
      WHERE m.room_id = p_room AND m.user_id = i.user_id AND chat.is_present(m.left_at))
    ORDER BY i.n LIMIT 20);

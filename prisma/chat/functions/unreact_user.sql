-- Takes a user's reactions to others away, `p_limit` messages at most, each with a row of change by the service. Returns the room
-- with its newest row; the caller holds its lock.
CREATE OR REPLACE FUNCTION chat.unreact_user(r chat.rooms, p_user TEXT, p_limit INTEGER) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  m chat.messages;
  kinds JSONB;
BEGIN
  FOR m IN SELECT t.* FROM chat.messages t WHERE t.room_id = r.room_id AND t.sender_id IS DISTINCT FROM p_user
    AND t.seq IN (SELECT q.seq FROM chat.reactions q WHERE q.room_id = r.room_id AND q.user_id = p_user)
    ORDER BY t.seq LIMIT p_limit
  LOOP
    DELETE FROM chat.reactions q WHERE q.room_id = r.room_id AND q.seq = m.seq AND q.user_id = p_user;
    SELECT jsonb_agg(jsonb_build_object('emoji', k.kind ->> 'emoji', 'count', c.count, 'users', c.users) ORDER BY k.n)
    INTO kinds
    FROM jsonb_array_elements(coalesce(m.reactions, '[]')) WITH ORDINALITY k (kind, n)
    CROSS JOIN LATERAL (
      SELECT count(*) AS count, coalesce(jsonb_agg(jsonb_build_object('userId', f.user_id, 'nickname', f.nickname)
        ORDER BY f.place) FILTER (WHERE f.no <= 3), '[]') AS users
      FROM (SELECT q.user_id, q.nickname, q.place, row_number() OVER (ORDER BY q.place) AS no FROM chat.reactions q
        WHERE q.room_id = r.room_id AND q.seq = m.seq AND q.emoji = k.kind ->> 'emoji') f
    ) c WHERE c.count > 0;
    UPDATE chat.messages t SET reactions = kinds, version = r.last_seq + 1 WHERE t.room_id = r.room_id AND t.seq = m.seq;
    PERFORM chat.add_change(r.room_id, r.last_seq, r.last_chat_no, m.seq, 'reacted', NULL, NULL, NULL, false, '{}',
      clock_timestamp());
    r.last_seq := r.last_seq + 1;
  END LOOP;
  RETURN r;
END $$;

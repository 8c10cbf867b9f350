-- Removes acts of moderation that are older than `p_days` days and of no room that is still there: `p_limit` at most. What
-- concerns a room or a user who is held stays. Returns how many went.
CREATE OR REPLACE FUNCTION chat.forget_moderations(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.moderations WHERE id IN (
    SELECT t.id FROM chat.moderations t
    WHERE t.at < clock_timestamp() - p_days * interval '1 day'
      AND NOT EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = t.room_id)
      AND NOT EXISTS (SELECT FROM chat.holds h WHERE h.kind = 'ROOM' AND h.id = t.room_id
        OR h.kind = 'USER' AND h.id IN (t.user_id, t.by_user_id))
    ORDER BY t.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- Removes subscriptions of who is no member any more, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_pushes(p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.push_subscriptions WHERE ctid IN (
    SELECT s.ctid FROM chat.push_subscriptions s
    LEFT JOIN chat.members b ON b.room_id = s.room_id AND b.user_id = s.user_id AND chat.is_present(b.left_at)
    WHERE b.user_id IS NULL LIMIT p_limit FOR UPDATE OF s SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

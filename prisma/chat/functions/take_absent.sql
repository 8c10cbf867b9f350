-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `newest` is the newest message that stands of those
-- that he has not read, and none of his own, where texts are told; who may not be in the room any more, or is blocked, is told nothing.
CREATE OR REPLACE FUNCTION chat.take_absent(p_rooms TEXT[], p_after_s INTEGER, p_text BOOLEAN, p_limit INTEGER)
RETURNS TABLE (room_id TEXT, title TEXT, unread BIGINT, endpoint TEXT, p256dh TEXT, auth TEXT, newest JSONB)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH old AS MATERIALIZED (
    SELECT r.room_id, r.title, r.last_chat_no, r.clearing, o.chat_no FROM chat.rooms r
    CROSS JOIN LATERAL (
      -- From the newest back: what is younger is passed over, and not more.
      SELECT m.chat_no FROM chat.messages m
      WHERE m.room_id = r.room_id AND m.created_at <= clock_timestamp() - p_after_s * interval '1 second'
      ORDER BY m.seq DESC LIMIT 1
    ) o
    WHERE r.room_id = ANY (p_rooms) AND EXISTS (SELECT FROM chat.push_subscriptions s WHERE s.room_id = r.room_id)
  ), due AS MATERIALIZED (
    SELECT s.room_id, s.user_id, s.device_id, o.title, o.last_chat_no, b.last_read_chat_no, b.last_read_seq
    FROM old o
    JOIN chat.push_subscriptions s ON s.room_id = o.room_id
    JOIN chat.members b ON b.room_id = s.room_id AND b.user_id = s.user_id
    WHERE b.last_read_chat_no < o.chat_no AND (s.told_read_chat_no IS NULL OR s.told_read_chat_no < b.last_read_chat_no)
      AND chat.is_present(b.left_at) AND (NOT o.clearing OR b.host OR b.committed)
      AND NOT EXISTS (SELECT FROM chat.bars k WHERE k.user_id = s.user_id AND k.blocked AND (k.until IS NULL OR k.until > clock_timestamp()))
    ORDER BY s.room_id, s.user_id, s.device_id
    LIMIT p_limit
    FOR UPDATE OF s SKIP LOCKED
  ), told AS (
    UPDATE chat.push_subscriptions s SET told_read_chat_no = d.last_read_chat_no
    FROM due d WHERE s.room_id = d.room_id AND s.user_id = d.user_id AND s.device_id = d.device_id
    RETURNING s.room_id, s.user_id, d.last_read_seq, d.title, d.last_chat_no - d.last_read_chat_no AS unread, s.endpoint, s.p256dh, s.auth
  )
  SELECT t.room_id, t.title, t.unread, t.endpoint, t.p256dh, t.auth, n.message
  FROM told t
  LEFT JOIN LATERAL (
    SELECT chat.message_json(m) AS message FROM chat.messages m
    WHERE p_text AND m.room_id = t.room_id AND m.seq > t.last_read_seq AND m.kind <> 'SYSTEM' AND m.deleted_at IS NULL
      AND m.sender_id IS DISTINCT FROM t.user_id
    ORDER BY m.seq DESC LIMIT 1
  ) n ON true;
END $$;

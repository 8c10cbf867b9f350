-- A device wants to hear of a room. It is one user's at a time: who signs in on it after another takes it over. Of a user's
-- devices in one room the 20 newest count. Outcomes: stored, NOT_FOUND (no such room), NOT_A_MEMBER (the lobby has none).
CREATE OR REPLACE FUNCTION chat.put_push(p_room TEXT, p_user TEXT, p_device BYTEA, p_endpoint TEXT, p_p256dh TEXT, p_auth TEXT)
RETURNS TEXT
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR KEY SHARE;
  IF NOT FOUND THEN RETURN 'NOT_FOUND'; END IF;
  IF r.product_id IS NULL OR NOT chat.is_within(r, p_user) THEN RETURN 'NOT_A_MEMBER'; END IF;
  DELETE FROM chat.push_subscriptions WHERE device_id = p_device AND user_id <> p_user;
  INSERT INTO chat.push_subscriptions AS s (room_id, user_id, device_id, endpoint, p256dh, auth)
  VALUES (p_room, p_user, p_device, p_endpoint, p_p256dh, p_auth)
  ON CONFLICT (room_id, user_id, device_id)
  DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth, created_at = clock_timestamp();
  DELETE FROM chat.push_subscriptions s WHERE s.room_id = p_room AND s.user_id = p_user AND s.device_id IN (
    SELECT o.device_id FROM chat.push_subscriptions o WHERE o.room_id = p_room AND o.user_id = p_user
    ORDER BY o.created_at DESC, o.device_id OFFSET 20);
  RETURN 'stored';
END $$;

-- CreateTable
CREATE TABLE "push_subscriptions" (
    "room_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "device_id" BYTEA NOT NULL,
    "endpoint" TEXT NOT NULL,
    "p256dh" TEXT NOT NULL,
    "auth" TEXT NOT NULL,
    "told_read_chat_no" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "push_subscriptions_pkey" PRIMARY KEY ("room_id","user_id","device_id")
);

-- CreateIndex
CREATE INDEX "push_subscriptions_device_id_idx" ON "push_subscriptions"("device_id");

-- CreateIndex
CREATE INDEX "push_subscriptions_user_id_idx" ON "push_subscriptions"("user_id");

-- AddForeignKey
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("room_id") ON DELETE CASCADE ON UPDATE CASCADE;

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

-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `content` is that of the newest message that stands, where texts are
-- told; who may not be in the room any more is told nothing.
CREATE OR REPLACE FUNCTION chat.take_absent(p_rooms TEXT[], p_after_s INTEGER, p_text BOOLEAN, p_limit INTEGER)
RETURNS TABLE (room_id TEXT, title TEXT, unread BIGINT, endpoint TEXT, p256dh TEXT, auth TEXT, sender TEXT, content TEXT)
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
    SELECT s.room_id, s.user_id, s.device_id, o.title, o.last_chat_no, b.last_read_chat_no
    FROM old o
    JOIN chat.push_subscriptions s ON s.room_id = o.room_id
    JOIN chat.members b ON b.room_id = s.room_id AND b.user_id = s.user_id
    WHERE b.last_read_chat_no < o.chat_no AND (s.told_read_chat_no IS NULL OR s.told_read_chat_no < b.last_read_chat_no)
      AND chat.is_present(b.left_at) AND (NOT o.clearing OR b.host OR b.committed)
    ORDER BY s.room_id, s.user_id, s.device_id
    LIMIT p_limit
    FOR UPDATE OF s SKIP LOCKED
  ), told AS (
    UPDATE chat.push_subscriptions s SET told_read_chat_no = d.last_read_chat_no
    FROM due d WHERE s.room_id = d.room_id AND s.user_id = d.user_id AND s.device_id = d.device_id
    RETURNING s.room_id, d.title, d.last_chat_no - d.last_read_chat_no AS unread, s.endpoint, s.p256dh, s.auth
  ), newest AS (
    SELECT o.room_id, m.sender_nickname, m.content FROM old o
    CROSS JOIN LATERAL (
      SELECT m.sender_nickname, m.content FROM chat.messages m
      WHERE m.room_id = o.room_id AND m.kind <> 'SYSTEM' AND m.deleted_at IS NULL
      ORDER BY m.seq DESC LIMIT 1
    ) m
    WHERE p_text
  )
  SELECT t.room_id, t.title, t.unread, t.endpoint, t.p256dh, t.auth, n.sender_nickname, n.content
  FROM told t LEFT JOIN newest n ON n.room_id = t.room_id;
END $$;

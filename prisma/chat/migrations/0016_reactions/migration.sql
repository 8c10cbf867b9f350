-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "edited_version" BIGINT,
ADD COLUMN     "reactions" JSONB;

-- CreateTable
CREATE TABLE "reactions" (
    "room_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "user_id" TEXT NOT NULL,
    "emoji" TEXT NOT NULL,
    "nickname" TEXT NOT NULL,
    "tag" TEXT,
    "place" BIGINT NOT NULL,

    CONSTRAINT "reactions_pkey" PRIMARY KEY ("room_id","seq","user_id","emoji")
);

-- CreateIndex
CREATE INDEX "reactions_room_id_seq_place_idx" ON "reactions"("room_id", "seq", "place");

-- Adds one row of change about the message `p_seq`, with `detail` beside who did it. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.add_change(
  r chat.rooms, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, detail JSONB, stamp TIMESTAMPTZ
) RETURNS chat.messages
LANGUAGE plpgsql AS $$
DECLARE
  row_of_change chat.messages;
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, changes_seq, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM',
    coalesce(p_nickname, 'The service') || ' ' || CASE p_change WHEN 'reacted' THEN 'reacted to' ELSE p_change END
      || ' a message',
    jsonb_build_object('event', 'message.changed', 'change', p_change, 'by', CASE WHEN p_user IS NOT NULL THEN
      jsonb_build_object('userId', p_user, 'nickname', p_nickname, 'tag', p_tag) END) || detail,
    p_seq, stamp)
  RETURNING * INTO row_of_change;
  UPDATE chat.rooms SET last_seq = r.last_seq + 1 WHERE room_id = r.room_id;
  RETURN row_of_change;
END $$;

-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer.
CREATE OR REPLACE FUNCTION chat.change_message(
  p_room TEXT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN,
  p_content TEXT, p_if_version BIGINT, p_window_s INTEGER
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  row_of_change chat.messages;
  present BOOLEAN;
  own BOOLEAN;
  presides BOOLEAN;
  restriction TEXT;
  stamp TIMESTAMPTZ(3);
  detail JSONB := '{}';
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  presides := p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false);
  present := chat.is_within(r, p_user);
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  own := coalesce(m.kind <> 'SYSTEM' AND m.sender_id IS NOT DISTINCT FROM p_user, false);
  -- Who has left may take back what he said, and that alone.
  IF NOT present AND (p_change = 'edited' OR NOT (own OR presides)) THEN
    RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER');
  END IF;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  -- Also who is muted may take back what he said.
  IF r.restricted AND p_change = 'edited' THEN
    restriction := chat.restriction_of(p_room, p_user);
    IF restriction IS NOT NULL THEN
      RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'MUTED' END);
    END IF;
  END IF;
  IF m.kind = 'SYSTEM' OR NOT own AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF m.deleted_at IS NOT NULL AND p_change = 'edited' THEN
    RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED');
  END IF;
  IF m.deleted_at IS NULL AND r.status = 'CANCELLED' AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY');
  END IF;
  IF p_change = 'edited' AND m.data IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
  IF p_change = 'edited' AND m.content = p_content OR p_change = 'deleted' AND m.deleted_at IS NOT NULL THEN
    SELECT * INTO row_of_change FROM chat.messages t
    WHERE t.room_id = p_room AND t.seq = CASE WHEN p_change = 'edited' THEN m.edited_version ELSE m.version END;
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m),
      'row', CASE WHEN FOUND THEN chat.message_json(row_of_change) END);
  END IF;
  stamp := clock_timestamp();
  IF p_change = 'edited' THEN
    -- What others think of a message is no other text: a version since the last edit is as good as the newest.
    IF p_if_version NOT BETWEEN coalesce(m.edited_version, CASE WHEN m.edited_at IS NULL THEN m.seq ELSE m.version END)
      AND coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp,
      edited_version = r.last_seq + 1
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
  ELSE
    IF NOT own THEN
      PERFORM chat.note_moderation('message.deleted', p_room, m.sender_id, p_user, jsonb_build_object('seq', p_seq));
    END IF;
    IF m.reactions IS NOT NULL THEN DELETE FROM chat.reactions q WHERE q.room_id = p_room AND q.seq = p_seq; END IF;
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, edited_version = NULL, reactions = NULL, deleted_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
    DELETE FROM chat.search_grams t WHERE t.room_id = p_room AND t.seq = p_seq;
  END IF;
  IF p_change = 'deleted' AND m.room_id || ':' || m.seq = ANY (r.pinned) THEN
    UPDATE chat.rooms SET pinned = array_remove(r.pinned, m.room_id || ':' || m.seq) WHERE room_id = p_room
    RETURNING * INTO r;
    detail := jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  row_of_change := chat.add_change(r, p_seq, p_change, p_user, p_nickname, p_tag, detail, stamp);
  RETURN jsonb_build_object('outcome', 'changed', 'message', chat.message_json(m),
    'row', chat.message_json(row_of_change));
END $$;

-- Removes a room with its members, messages and what searches know of them. True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.reactions WHERE room_id = p_room;
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.search_grams WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- A row of a room's sequence as store/rows.ts reads it. `change`: null but for a message that was changed, and for a row of
-- change, whose target (`of`) is read where it is shown.
CREATE OR REPLACE FUNCTION chat.message_json(m chat.messages) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'signalType', m.signal_type,
    'createdAt', chat.iso(m.created_at),
    'change', CASE WHEN m.version IS NOT NULL OR m.changes_seq IS NOT NULL THEN jsonb_build_object(
      'version', m.version, 'editedAt', chat.iso(m.edited_at), 'deletedAt', chat.iso(m.deleted_at),
      'reactions', m.reactions, 'of', m.changes_seq) END);

-- A member reacts to a message by an emoji (`p_on`), or takes that back, with one row of change, which names the message alone.
-- A message has twelve kinds at most. What it shows of them is kept with it, so that reading it costs what it did: the kinds in
-- the order in which they came, each with how many there are and the first three of them. Outcomes: changed, same (it is so
-- already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN (a row of the service), ROOM_READ_ONLY,
-- MUTED, BANNED, MESSAGE_DELETED, TOO_MANY. Locks the room.
CREATE OR REPLACE FUNCTION chat.react_message(
  p_room TEXT, p_seq BIGINT, p_emoji TEXT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  kinds JSONB;
  kind JSONB;
  row_of_change chat.messages;
  restriction TEXT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_on = EXISTS (SELECT FROM chat.reactions q
      WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji) THEN
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m));
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  kinds := coalesce(m.reactions, '[]');
  SELECT k INTO kind FROM jsonb_array_elements(kinds) k WHERE k ->> 'emoji' = p_emoji;
  IF p_on THEN
    IF kind IS NULL AND jsonb_array_length(kinds) >= 12 THEN RETURN jsonb_build_object('outcome', 'TOO_MANY'); END IF;
    INSERT INTO chat.reactions (room_id, seq, user_id, emoji, nickname, tag, place)
    VALUES (p_room, p_seq, p_user, p_emoji, p_nickname, p_tag, r.last_seq + 1);
  ELSE
    DELETE FROM chat.reactions q
    WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji;
  END IF;
  kind := jsonb_build_object('emoji', p_emoji,
    'count', coalesce((kind ->> 'count')::INTEGER, 0) + CASE WHEN p_on THEN 1 ELSE -1 END,
    'users', (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', f.user_id, 'nickname', f.nickname) ORDER BY f.place), '[]')
      FROM (SELECT q.user_id, q.nickname, q.place FROM chat.reactions q
        WHERE q.room_id = p_room AND q.seq = p_seq AND q.emoji = p_emoji ORDER BY q.place LIMIT 3) f));
  SELECT jsonb_agg(CASE WHEN k ->> 'emoji' = p_emoji THEN kind ELSE k END ORDER BY n) INTO kinds
  FROM jsonb_array_elements(CASE WHEN kinds @> jsonb_build_array(jsonb_build_object('emoji', p_emoji))
    THEN kinds ELSE kinds || kind END) WITH ORDINALITY e (k, n)
  WHERE k ->> 'emoji' <> p_emoji OR (kind ->> 'count')::INTEGER > 0;
  UPDATE chat.messages t SET reactions = kinds, version = r.last_seq + 1
  WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
  row_of_change := chat.add_change(r, p_seq, 'reacted', p_user, p_nickname, p_tag, '{}', clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'message', chat.message_json(m),
    'row', chat.message_json(row_of_change));
END $$;

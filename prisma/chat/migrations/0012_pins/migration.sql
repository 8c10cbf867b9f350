-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "pinned" TEXT[] DEFAULT ARRAY[]::TEXT[];

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
    coalesce(p_nickname, 'The service') || ' ' || p_change || ' a message',
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
-- ROOM_READ_ONLY, MESSAGE_DELETED, HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED. Locks the room;
-- rows of its sequence are written under that lock alone. A message that was pinned and is deleted is pinned no longer.
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
    SELECT * INTO row_of_change FROM chat.messages t WHERE t.room_id = p_room AND t.seq = m.version;
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m),
      'row', CASE WHEN FOUND THEN chat.message_json(row_of_change) END);
  END IF;
  stamp := clock_timestamp();
  IF p_change = 'edited' THEN
    IF p_if_version <> coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
  ELSE
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, deleted_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
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

-- Whether somebody may do what members may: the service (null) does. Whose membership it is changes under the room's lock
-- only. In the lobby everybody is a member; a guest who is still to go from a room that was closed is none.
CREATE OR REPLACE FUNCTION chat.is_within(r chat.rooms, p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN p_user IS NULL OR r.product_id IS NULL OR EXISTS (
    SELECT FROM chat.members b WHERE b.room_id = r.room_id AND b.user_id = p_user AND chat.is_present(b.left_at)
      AND (NOT r.clearing OR b.host OR b.committed));

-- Pins a message above a room, in front of those that are pinned, or takes it away, with one row of change. Five at most: who
-- wants a sixth takes one away. `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes:
-- changed, same (it is so already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN, ROOM_READ_ONLY,
-- MESSAGE_DELETED, TOO_MANY. Locks the room.
CREATE OR REPLACE FUNCTION chat.pin_message(
  p_room TEXT, p_seq BIGINT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m RECORD;
  id TEXT := p_room || ':' || p_seq;
  row_of_change chat.messages;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF NOT (p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false)) THEN
    RETURN jsonb_build_object('outcome', CASE WHEN chat.is_within(r, p_user) THEN 'FORBIDDEN' ELSE 'NOT_A_MEMBER' END);
  END IF;
  SELECT t.seq, t.kind, t.deleted_at INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF p_on = (id = ANY (r.pinned)) THEN RETURN jsonb_build_object('outcome', 'same'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_on AND cardinality(r.pinned) >= 5 THEN RETURN jsonb_build_object('outcome', 'TOO_MANY'); END IF;
  UPDATE chat.rooms SET pinned = CASE WHEN p_on THEN id || r.pinned ELSE array_remove(r.pinned, id) END
  WHERE room_id = p_room RETURNING * INTO r;
  row_of_change := chat.add_change(r, p_seq, CASE WHEN p_on THEN 'pinned' ELSE 'unpinned' END, p_user, p_nickname, p_tag,
    jsonb_build_object('pinnedMessageIds', r.pinned), clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'row', chat.message_json(row_of_change));
END $$;

-- The room as the wire shows it, without `onlineCount`, which is not lasting.
CREATE OR REPLACE FUNCTION chat.room_json(r chat.rooms) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', r.room_id, 'productId', r.product_id, 'title', r.title, 'status', r.status, 'reason', r.reason,
    'hostId', r.host_id, 'maxParticipants', r.max_participants, 'minParticipants', r.min_participants,
    'participantCount', r.participant_count, 'committedCount', r.committed_count, 'lastSeq', r.last_seq,
    'pinnedMessageIds', to_jsonb(r.pinned),
    'createdAt', chat.iso(r.created_at), 'expiresAt', chat.iso(r.expires_at), 'closedAt', chat.iso(r.closed_at));

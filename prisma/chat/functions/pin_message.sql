-- Pins a message above a room, in front of those that are pinned, or takes it away, with one row of change. Five at most: who
-- wants a sixth takes one away. `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes:
-- changed, same (it is so already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, BANNED, FORBIDDEN, ROOM_READ_ONLY,
-- MESSAGE_DELETED, TOO_MANY. Locks the room.
CREATE OR REPLACE FUNCTION chat.pin_message(
  p_room TEXT, p_seq BIGINT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m RECORD;
  id TEXT := p_room || ':' || p_seq;
  row_of_change JSONB;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF NOT (p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false)) THEN
    RETURN jsonb_build_object('outcome', CASE WHEN r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN 'BANNED'
      WHEN chat.is_within(r, p_user) THEN 'FORBIDDEN' ELSE 'NOT_A_MEMBER' END);
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
  row_of_change := chat.add_change(p_room, r.last_seq, r.last_chat_no, p_seq, CASE WHEN p_on THEN 'pinned' ELSE 'unpinned' END,
    p_user, p_nickname, p_tag, false, jsonb_build_object('pinnedMessageIds', r.pinned), clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'row', row_of_change);
END $$;

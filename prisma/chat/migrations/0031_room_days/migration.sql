-- CreateIndex
CREATE INDEX "rooms_closed_at_idx" ON "rooms"("closed_at");

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

-- Whether all of a room stays for a legal reason: it is held, or somebody is who is in it or named by its rows.
CREATE OR REPLACE FUNCTION chat.is_kept_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE AS $$
  SELECT chat.is_held('ROOM', p_room) OR EXISTS (
    SELECT FROM chat.holds h WHERE h.kind = 'USER'
      AND (EXISTS (SELECT FROM chat.members m WHERE m.room_id = p_room AND m.user_id = h.id)
        OR EXISTS (SELECT FROM chat.authors a WHERE a.room_id = p_room AND a.user_id = h.id)));
$$;

-- Rooms that ended more than `p_days` days ago, and that nothing keeps: `p_limit` at most, after `p_after` by id.
CREATE OR REPLACE FUNCTION chat.removable_rooms(p_days INTEGER, p_after TEXT, p_limit INTEGER) RETURNS SETOF TEXT
LANGUAGE sql STABLE AS $$
  SELECT r.room_id FROM chat.rooms r
  WHERE r.closed_at < clock_timestamp() - p_days * interval '1 day' AND r.status <> 'ACTIVE' AND r.room_id > p_after
    AND NOT chat.is_kept_room(r.room_id)
    -- Whom its rows name is not known yet.
    AND NOT EXISTS (SELECT FROM chat.author_fills f WHERE f.room_id = r.room_id)
  ORDER BY r.room_id LIMIT p_limit;
$$;

-- One portion of the removal of a room that ended more than `p_days` days ago: up to `p_limit` of its messages, or, once there
-- are none, the room. Outcomes: more, removed, kept (somebody has locked it, it is no more, or something keeps it).
CREATE OR REPLACE FUNCTION chat.retire_room(p_room TEXT, p_days INTEGER, p_limit INTEGER) RETURNS TEXT
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR r.status = 'ACTIVE' OR r.closed_at >= clock_timestamp() - p_days * interval '1 day'
    OR chat.is_kept_room(p_room) THEN
    RETURN 'kept';
  END IF;
  IF r.first_seq <= r.last_seq THEN
    RETURN CASE WHEN chat.retain_messages(p_room, 0, p_limit) > 0 THEN 'more' ELSE 'kept' END;
  END IF;
  PERFORM chat.delete_room(p_room);
  RETURN 'removed';
END $$;

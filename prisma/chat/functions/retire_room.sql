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

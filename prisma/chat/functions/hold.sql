-- Marks a room or a user as held for a legal reason (`p_kind`: ROOM, USER), or takes that away. What is held is exempt from
-- retention and erasure: see `is_held`. Outcomes: changed, same, NOT_FOUND (no such room).
CREATE OR REPLACE FUNCTION chat.hold(p_kind TEXT, p_id TEXT, p_on BOOLEAN, p_reason TEXT, p_by TEXT) RETURNS TEXT
LANGUAGE plpgsql AS $$
DECLARE
  done BOOLEAN;
BEGIN
  IF p_kind = 'ROOM' THEN
    -- Who removes something of the room has its lock: from the commit on, nothing goes.
    PERFORM 1 FROM chat.rooms WHERE room_id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND AND p_on THEN RETURN 'NOT_FOUND'; END IF;
  END IF;
  IF p_on THEN
    INSERT INTO chat.holds AS h (kind, id, reason, by_user_id) VALUES (p_kind, p_id, p_reason, p_by)
    ON CONFLICT (kind, id) DO UPDATE SET reason = p_reason, by_user_id = p_by
      WHERE h.reason IS DISTINCT FROM p_reason;
  ELSE
    DELETE FROM chat.holds WHERE kind = p_kind AND id = p_id;
  END IF;
  done := FOUND;
  IF NOT done THEN RETURN 'same'; END IF;
  PERFORM chat.note_moderation(lower(p_kind) || CASE WHEN p_on THEN '.held' ELSE '.released' END,
    CASE p_kind WHEN 'ROOM' THEN p_id END, CASE p_kind WHEN 'USER' THEN p_id END, p_by,
    jsonb_build_object('reason', p_reason));
  RETURN 'changed';
END $$;

-- Removes a room with its members, messages, what searches know of them, and its key, which only reports of it
-- keep (`forget_reports`). True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.mentions WHERE room_id = p_room;
  PERFORM chat.drop_files(p_room, NULL);
  DELETE FROM chat.reactions WHERE room_id = p_room;
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.search_grams WHERE room_id = p_room;
  DELETE FROM chat.authors WHERE room_id = p_room;
  DELETE FROM chat.author_fills WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  -- A room that is opened again by this id has other messages at the same places.
  PERFORM 1 FROM chat.reports p WHERE p.room_id = p_room AND NOT p.room_gone ORDER BY p.report_id FOR NO KEY UPDATE;
  UPDATE chat.reports p SET room_gone = true WHERE p.room_id = p_room AND NOT p.room_gone;
  -- Who has not read in it is nobody's matter any more; reports outlive it, and so do their events.
  UPDATE chat.webhook_events e SET user_ids = '{}' WHERE e.room_id = p_room AND e.user_ids <> '{}';
  DELETE FROM chat.room_keys k WHERE k.room_id = p_room AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = p_room);
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- Gives all rooms another epoch, after a backup was restored. How many they are. `p_by` null: the service.
CREATE OR REPLACE FUNCTION chat.renew_epochs(p_by TEXT DEFAULT NULL) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  renewed INTEGER;
BEGIN
  -- In the order in which all lock them.
  PERFORM 1 FROM chat.rooms ORDER BY room_id FOR NO KEY UPDATE;
  UPDATE chat.rooms SET epoch = substr(gen_random_uuid()::text, 1, 8);
  GET DIAGNOSTICS renewed = ROW_COUNT;
  PERFORM chat.note_moderation('rooms.restored', NULL, NULL, p_by, jsonb_build_object('rooms', renewed));
  RETURN renewed;
END $$;

-- Notes that rows of a room name somebody: his messages, or SYSTEM rows that tell of him. Null: nobody. The caller holds the
-- room's lock.
CREATE OR REPLACE FUNCTION chat.note_author(p_room TEXT, p_user TEXT) RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO chat.authors (user_id, room_id) SELECT p_user, p_room WHERE p_user IS NOT NULL ON CONFLICT DO NOTHING;
$$;

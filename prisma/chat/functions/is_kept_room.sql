-- Whether all of a room stays for a legal reason: it is held, or somebody is who is in it or named by its rows.
CREATE OR REPLACE FUNCTION chat.is_kept_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE AS $$
  SELECT chat.is_held('ROOM', p_room) OR EXISTS (
    SELECT FROM chat.holds h WHERE h.kind = 'USER'
      AND (EXISTS (SELECT FROM chat.members m WHERE m.room_id = p_room AND m.user_id = h.id)
        OR EXISTS (SELECT FROM chat.authors a WHERE a.room_id = p_room AND a.user_id = h.id)));
$$;

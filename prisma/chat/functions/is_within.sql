-- Whether somebody may do what members may: the service (null) does. Whose membership it is changes under the room's lock
-- only. In the lobby everybody is a member who is not banned; a guest who is still to go from a room that was closed is none.
CREATE OR REPLACE FUNCTION chat.is_within(r chat.rooms, p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN p_user IS NULL OR CASE
    WHEN r.product_id IS NULL
      THEN NOT r.restricted OR chat.restriction_of(r.room_id, p_user) IS DISTINCT FROM 'BAN'
    ELSE EXISTS (
      SELECT FROM chat.members b WHERE b.room_id = r.room_id AND b.user_id = p_user AND chat.is_present(b.left_at)
        AND (NOT r.clearing OR b.host OR b.committed))
    END;

-- Whether a room (p_kind ROOM) or a user (USER) is held for a legal reason. Whoever removes or erases for good asks this in the
-- transaction that does it, under the room's lock where it is a room, and leaves what is held as it is.
CREATE OR REPLACE FUNCTION chat.is_held(p_kind TEXT, p_id TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM chat.holds h WHERE h.kind = p_kind AND h.id = p_id);

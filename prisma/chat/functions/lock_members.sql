-- For who touches several members of a room whose row he has locked. Read marks don't lock the room, and they take
-- members in this order, so neither waits for the other while holding what that one wants.
CREATE OR REPLACE FUNCTION chat.lock_members(p_room TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.members WHERE room_id = p_room ORDER BY user_id FOR UPDATE;
END $$;

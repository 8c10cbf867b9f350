-- Removes at most `p_limit` guests, the newest first, each with a row of his own. Returns the room with its counters
-- moved, which the caller writes. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.remove_guests(r chat.rooms, p_limit INTEGER, why TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  chosen TEXT[];
BEGIN
  SELECT array_agg(m.user_id ORDER BY m.joined_seq DESC) INTO chosen FROM (
    SELECT user_id, joined_seq FROM chat.members
    WHERE room_id = r.room_id AND left_at IS NULL AND NOT host AND NOT committed
    ORDER BY joined_seq DESC LIMIT p_limit) m;
  IF chosen IS NULL THEN RETURN r; END IF;
  -- In the order of all who lock several members: see lock_members.
  PERFORM 1 FROM chat.members WHERE room_id = r.room_id AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
  RETURN chat.end_memberships(r, chosen, 'participant.removed', why);
END $$;

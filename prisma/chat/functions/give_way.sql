-- Removes as many guests as places are needed: first those without an account who are not online, then others who are
-- not online, then the newest; of equal ones the newest. Who is online the caller says. `p_anonymous`: only guests
-- without an account. Returns the room with its counters moved, which the caller writes; there may be too few guests.
-- The caller holds the lock of the room.
CREATE OR REPLACE FUNCTION chat.give_way(
  r chat.rooms, p_places BIGINT, p_reason TEXT, p_online TEXT[], p_anonymous BOOLEAN
) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  chosen TEXT[];
BEGIN
  IF p_places <= 0 THEN RETURN r; END IF;
  SELECT array_agg(c.user_id ORDER BY c.turn, c.joined_seq DESC) INTO chosen FROM (
    SELECT g.user_id, g.joined_seq, g.turn FROM (
      SELECT m.user_id, m.joined_seq, CASE
        WHEN m.user_id IN (SELECT unnest(p_online)) THEN 3
        WHEN m.anonymous THEN 1
        ELSE 2 END AS turn
      FROM chat.members m
      WHERE m.room_id = r.room_id AND NOT m.host AND NOT m.committed AND (m.anonymous OR NOT p_anonymous)
    ) g ORDER BY g.turn, g.joined_seq DESC LIMIT p_places) c;
  IF chosen IS NULL THEN RETURN r; END IF;
  -- Those alone, in the order of all who lock several members: see lock_members.
  PERFORM 1 FROM chat.members WHERE room_id = r.room_id AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
  RETURN chat.end_memberships(r, chosen, 'participant.removed', p_reason);
END $$;

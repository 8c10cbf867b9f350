-- Removes the newest guest, who gives way. Returns the room with its counters moved, which the caller writes; with a
-- null room_id when there is no guest. The caller holds the locks of the room and of its members.
CREATE OR REPLACE FUNCTION chat.remove_newest_guest(r chat.rooms, why TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  m chat.members;
BEGIN
  DELETE FROM chat.members WHERE (room_id, user_id) = (
    SELECT room_id, user_id FROM chat.members
    WHERE room_id = r.room_id AND NOT host AND NOT committed ORDER BY joined_seq DESC LIMIT 1)
  RETURNING * INTO m;
  IF NOT FOUND THEN
    r.room_id := NULL;
    RETURN r;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := chat.add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
    'participant', chat.participant_json(m, false), 'reason', why,
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  RETURN r;
END $$;

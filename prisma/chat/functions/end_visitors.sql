-- Ends, in one room, the memberships of visitors who were not seen for `p_grace_s`, with the row of who leaves. A room
-- that can only be read keeps them: there, nobody needs a place. Null when there is no such room.
CREATE OR REPLACE FUNCTION chat.end_visitors(p_room TEXT, p_grace_s INTEGER, p_limit INTEGER) RETURNS JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
  gone TEXT[];
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  since := r.last_seq;
  SELECT array_agg(v.user_id) INTO gone FROM (
    SELECT m.user_id FROM chat.members m
    WHERE m.room_id = p_room AND m.seen_at < clock_timestamp() - p_grace_s * interval '1 second'
    ORDER BY m.user_id LIMIT p_limit FOR UPDATE) v;
  IF gone IS NULL THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CANCELLED' THEN
    UPDATE chat.members SET seen_at = NULL WHERE room_id = p_room AND user_id = ANY (gone);
    RETURN chat.room_change('same', r, since, NULL);
  END IF;
  r := chat.end_memberships(r, gone, 'participant.left', NULL);
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('left', r, since, NULL);
END $$;

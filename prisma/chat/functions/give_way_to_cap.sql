-- Removes guests beyond a cap that was lowered, at most `p_limit` of them: those without an account beyond their share,
-- then whoever gives way. Returns the room with its counters moved, and marked `clearing` as long as there are more, which
-- the caller writes. A CLOSED room loses all its guests anyway: `clear_guests`. The caller holds the lock of the room.
CREATE OR REPLACE FUNCTION chat.give_way_to_cap(r chat.rooms, p_share NUMERIC, p_online TEXT[], p_limit INTEGER)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  since BIGINT := r.last_seq;
BEGIN
  IF r.status = 'ACTIVE' THEN
    r := chat.give_way(
      r, least(r.anonymous_count - chat.anonymous_places(r, p_share), p_limit), 'CAP_LOWERED', p_online, true);
  END IF;
  r := chat.give_way(
    r, least(r.participant_count - r.max_participants, p_limit - (r.last_seq - since)), 'CAP_LOWERED', p_online, false);
  r.clearing := r.last_seq - since >= p_limit AND (r.participant_count > r.max_participants
    OR r.status = 'ACTIVE' AND r.anonymous_count > chat.anonymous_places(r, p_share));
  RETURN r;
END $$;

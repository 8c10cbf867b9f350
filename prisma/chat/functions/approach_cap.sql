-- Moves the cap to the one that is wanted, or as near to it as those leave it who still have a place: it is never below
-- their number, nor below what the share of those without an account asks for. Returns the room, which the caller writes.
CREATE OR REPLACE FUNCTION chat.approach_cap(r chat.rooms, p_share NUMERIC) RETURNS chat.rooms
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  needed NUMERIC := r.participant_count;
  share CONSTANT NUMERIC := coalesce(p_share, 1);
BEGIN
  IF r.cap_target IS NULL THEN RETURN r; END IF;
  IF r.status = 'ACTIVE' AND r.anonymous_count > floor(share * r.cap_target) THEN
    needed := greatest(needed, CASE WHEN share > 0 THEN ceil(r.anonymous_count / share) ELSE r.max_participants END);
  END IF;
  r.max_participants := greatest(r.cap_target, least(r.max_participants, needed));
  r.cap_target := nullif(r.cap_target, r.max_participants);
  RETURN r;
END $$;

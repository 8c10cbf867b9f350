-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row; those
-- beyond a first portion are taken by `clear_guests`, until when the room is marked `clearing`. A cap that was being lowered
-- stays where it is, unless the room comes back.
CREATE OR REPLACE FUNCTION chat.end_room(r chat.rooms, p_status TEXT, p_reason TEXT, p_provisional BOOLEAN)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  portion CONSTANT INTEGER := 250;
  present INTEGER := r.participant_count;
BEGIN
  r.status := p_status;
  r.reason := p_reason;
  r.provisional := p_provisional;
  IF NOT p_provisional THEN r.cap_target := NULL; END IF;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := chat.add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', chat.room_json(r)));
  IF p_status = 'CLOSED' THEN r := chat.remove_guests(r, portion, 'NOT_A_BUYER'); END IF;
  r.clearing := present - r.participant_count >= portion;
  UPDATE chat.rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing, cap_target = r.cap_target
  WHERE room_id = r.room_id;
  RETURN r;
END $$;

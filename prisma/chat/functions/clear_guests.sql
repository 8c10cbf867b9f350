-- The next portion of the guests that a room has still to lose, which was CLOSED or whose cap was lowered. 'changed' as
-- long as there may be more. PLACE_NEEDED (with null as `p_online`): call again with who is online. Callers that don't know
-- of lowered caps name no share, and leave those to others.
CREATE OR REPLACE FUNCTION chat.clear_guests(
  p_room TEXT, p_portion INTEGER, p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF NOT r.clearing THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CLOSED' THEN
    r := chat.remove_guests(r, p_portion, 'NOT_A_BUYER');
    r.clearing := r.last_seq - since >= p_portion;
  ELSIF p_share IS NULL THEN
    RETURN chat.room_change('same', r, since, NULL);
  ELSIF p_online IS NULL THEN
    RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
  ELSE
    r := chat.give_way_to_cap(r, p_share, p_online, p_portion);
  END IF;
  UPDATE chat.rooms SET participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

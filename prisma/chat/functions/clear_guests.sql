-- The next portion of the guests that a room which was CLOSED has still to lose. 'changed' as long as there may be more.
CREATE OR REPLACE FUNCTION chat.clear_guests(p_room TEXT, p_portion INTEGER) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF NOT r.clearing THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  r := chat.remove_guests(r, p_portion, 'NOT_A_BUYER');
  r.clearing := r.last_seq - since >= p_portion;
  UPDATE chat.rooms SET participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

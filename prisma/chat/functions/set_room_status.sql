-- A status set by the service. The same again is no change; an end state by expiry gives way to the other one.
CREATE OR REPLACE FUNCTION chat.set_room_status(p_room TEXT, p_status TEXT, p_reason TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.status = p_status THEN
    IF r.provisional THEN
      -- Trade confirms what expiry decided: from now on it is final.
      r.provisional := false;
      IF p_reason IS NOT NULL AND p_reason IS DISTINCT FROM r.reason THEN
        r.reason := p_reason;
        r.last_seq :=
          chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
      END IF;
      UPDATE chat.rooms SET provisional = false, reason = r.reason, last_seq = r.last_seq, cap_target = NULL
      WHERE room_id = p_room;
    END IF;
    RETURN chat.room_change('same', r, since, NULL);
  END IF;
  IF p_status = 'ACTIVE' OR (r.status <> 'ACTIVE' AND NOT r.provisional) THEN
    RETURN chat.room_change('illegal', r, since, NULL) || jsonb_build_object('provisional', r.provisional);
  END IF;
  r := chat.end_room(r, p_status, p_reason, false);
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

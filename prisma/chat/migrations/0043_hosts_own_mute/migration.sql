-- Takes a user's restriction in a room away, with a row where it was still in force. Outcomes: changed, same (there is
-- none), NOT_FOUND, FORBIDDEN, PROTECTED (a host's own, which is an admin's or the service's to take away), ROOM_READ_ONLY. `p_by`
-- and `p_admin` as of `restrict_user`.
CREATE OR REPLACE FUNCTION chat.lift_restriction(p_room TEXT, p_user TEXT, p_by TEXT, p_admin BOOLEAN) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  x chat.restrictions;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF p_by IS NOT NULL AND NOT p_admin AND r.host_id IS DISTINCT FROM p_by THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF p_user = p_by AND NOT p_admin THEN RETURN jsonb_build_object('outcome', 'PROTECTED'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  r := chat.unban(r, p_user);
  DELETE FROM chat.restrictions WHERE room_id = p_room AND user_id = p_user RETURNING * INTO x;
  IF FOUND AND (x.until IS NULL OR x.until > clock_timestamp()) THEN
    r.last_seq := chat.add_system(r, 'participant.unmuted', x.nickname || ' may talk again',
      jsonb_build_object('user', chat.restricted_json(x), 'until', chat.iso(x.until)));
  END IF;
  UPDATE chat.rooms SET restricted = EXISTS (SELECT FROM chat.restrictions WHERE room_id = p_room)
  WHERE room_id = p_room AND restricted;
  IF r.last_seq > since THEN
    PERFORM chat.note_moderation('restriction.lifted', p_room, p_user, p_by, '{}');
    PERFORM chat.save_counters(r);
  END IF;
  RETURN chat.room_change(CASE WHEN r.last_seq > since THEN 'changed' ELSE 'same' END, r, since, NULL);
END $$;

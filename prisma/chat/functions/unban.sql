-- Takes a user's ban away, with a row where it was still in force. Returns the room, whose counters the caller writes; he
-- holds its lock.
CREATE OR REPLACE FUNCTION chat.unban(r chat.rooms, p_user TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  x chat.restrictions;
BEGIN
  DELETE FROM chat.restrictions WHERE room_id = r.room_id AND user_id = p_user AND kind = 'BAN' RETURNING * INTO x;
  IF NOT FOUND THEN RETURN r; END IF;
  IF x.until IS NULL OR x.until > clock_timestamp() THEN
    r.last_seq := chat.add_system(r, 'participant.unbanned', x.nickname || ' may come back',
      jsonb_build_object('user', chat.restricted_json(x)));
  END IF;
  RETURN r;
END $$;

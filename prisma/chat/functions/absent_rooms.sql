-- Of some rooms, those where webhooks have to be told of somebody who has not read: see `record_absent`.
CREATE OR REPLACE FUNCTION chat.absent_rooms(p_rooms TEXT[], p_after_s INTEGER) RETURNS SETOF TEXT
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT chat.wants_event('member.absent') THEN RETURN; END IF;
  RETURN QUERY
  SELECT o.id FROM unnest(p_rooms) o (id) CROSS JOIN LATERAL chat.old_chat_no(o.id, p_after_s) n (old)
  WHERE EXISTS (SELECT FROM chat.members b WHERE b.room_id = o.id AND chat.is_absent(b, n.old));
END $$;

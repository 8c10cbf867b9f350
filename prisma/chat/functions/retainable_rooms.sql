-- Rooms that have ended and whose oldest message is older than `p_days` days: `p_limit` at most, after `p_after` by id.
CREATE OR REPLACE FUNCTION chat.retainable_rooms(p_days INTEGER, p_after TEXT, p_limit INTEGER) RETURNS SETOF TEXT
LANGUAGE sql STABLE AS $$
  SELECT r.room_id FROM chat.rooms r
  WHERE r.room_id > p_after AND r.status <> 'ACTIVE' AND r.first_seq <= r.last_seq AND NOT chat.is_held('ROOM', r.room_id)
    AND EXISTS (SELECT FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq = r.first_seq
      AND m.created_at < clock_timestamp() - p_days * interval '1 day' AND NOT chat.is_held('USER', coalesce(m.sender_id, '')))
  ORDER BY r.room_id LIMIT p_limit;
$$;

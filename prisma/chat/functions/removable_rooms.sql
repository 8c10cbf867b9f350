-- Rooms that ended more than `p_days` days ago, and that nothing keeps: `p_limit` at most, after `p_after` by id.
CREATE OR REPLACE FUNCTION chat.removable_rooms(p_days INTEGER, p_after TEXT, p_limit INTEGER) RETURNS SETOF TEXT
LANGUAGE sql STABLE AS $$
  SELECT r.room_id FROM chat.rooms r
  WHERE r.closed_at < clock_timestamp() - p_days * interval '1 day' AND r.status <> 'ACTIVE' AND r.room_id > p_after
    AND NOT chat.is_kept_room(r.room_id)
    -- Whom its rows name is not known yet.
    AND NOT EXISTS (SELECT FROM chat.author_fills f WHERE f.room_id = r.room_id)
  ORDER BY r.room_id LIMIT p_limit;
$$;

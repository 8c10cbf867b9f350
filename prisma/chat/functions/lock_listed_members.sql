-- Locks members of many rooms, in one order for all, so that two batches can't wait for each other.
CREATE OR REPLACE FUNCTION chat.lock_listed_members(p_rooms TEXT[], p_users TEXT[]) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM (
    SELECT DISTINCT i.room_id, i.user_id FROM unnest(p_rooms, p_users) i (room_id, user_id) ORDER BY 1, 2
  ) i
  CROSS JOIN LATERAL (
    SELECT 1 FROM chat.members m WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE
  ) m;
END $$;

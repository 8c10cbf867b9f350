-- Removes what was delivered of a room, and returns its next entries, oldest first, under a renewed lease. None: the room
-- is done, or the claim was lost, and then whoever has it now delivers them again before any later one.
CREATE OR REPLACE FUNCTION trade.outbox_next(p_room text, p_claim uuid, p_ids bigint[], p_lease_ms integer, p_limit integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = p_room AND claim = p_claim FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM trade.outbox WHERE id = ANY (p_ids);
  RETURN QUERY SELECT * FROM trade.outbox o WHERE o.room_id = p_room ORDER BY o.id LIMIT p_limit;
  IF NOT FOUND THEN
    DELETE FROM trade.outbox_rooms WHERE room_id = p_room;
    RETURN;
  END IF;
  UPDATE trade.outbox_rooms SET due_at = clock_timestamp() + p_lease_ms * interval '1 millisecond', missing = false
  WHERE room_id = p_room;
END $$;

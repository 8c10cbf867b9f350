-- Removes a delivered entry and returns the room's next one under a renewed lease. None: the room is done, or the claim
-- was lost, and then whoever has it now delivers the entry again before any later one.
CREATE OR REPLACE FUNCTION trade.outbox_delivered(p_room text, p_claim uuid, p_id bigint, p_lease_ms integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
DECLARE
  v_next trade.outbox;
BEGIN
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = p_room AND claim = p_claim FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM trade.outbox WHERE id = p_id;
  SELECT * INTO v_next FROM trade.outbox WHERE room_id = p_room ORDER BY id LIMIT 1;
  IF NOT FOUND THEN
    DELETE FROM trade.outbox_rooms WHERE room_id = p_room;
    RETURN;
  END IF;
  UPDATE trade.outbox_rooms SET due_at = clock_timestamp() + p_lease_ms * interval '1 millisecond', missing = false
  WHERE room_id = p_room;
  RETURN NEXT v_next;
END $$;

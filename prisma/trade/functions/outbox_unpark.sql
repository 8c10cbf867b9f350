-- An operator's decision on a parked entry: 'retry' it or 'discard' it. False: there is no such parked entry.
CREATE OR REPLACE FUNCTION trade.outbox_unpark(p_id bigint, p_discard boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_room text;
BEGIN
  SELECT room_id INTO v_room FROM trade.outbox WHERE id = p_id AND parked_at IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = v_room FOR UPDATE;
  IF p_discard THEN
    DELETE FROM trade.outbox WHERE id = p_id AND parked_at IS NOT NULL;
  ELSE
    UPDATE trade.outbox SET parked_at = NULL WHERE id = p_id AND parked_at IS NOT NULL;
  END IF;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT 1 FROM trade.outbox WHERE room_id = v_room) THEN
    UPDATE trade.outbox_rooms SET due_at = trade.instant(), missing = false WHERE room_id = v_room;
  ELSE
    DELETE FROM trade.outbox_rooms WHERE room_id = v_room;
  END IF;
  RETURN true;
END $$;

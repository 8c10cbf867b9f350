-- A relay claims rooms, not entries, and gets each room's oldest entry. `due_at` of a claimed room is the
-- end of the lease: a relay that died is followed by another one then.
CREATE OR REPLACE FUNCTION trade.outbox_claim(p_claim uuid, p_limit integer, p_lease_ms integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_rooms text[];
BEGIN
  WITH due AS (
    SELECT room_id FROM trade.outbox_rooms WHERE due_at <= v_now ORDER BY due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE trade.outbox_rooms r SET claim = p_claim, due_at = v_now + p_lease_ms * interval '1 millisecond'
    FROM due WHERE r.room_id = due.room_id RETURNING r.room_id
  )
  SELECT array_agg(room_id) INTO v_rooms FROM claimed;
  -- A statement of its own: the snapshot of the one above may still show an entry that was delivered meanwhile.
  RETURN QUERY
    SELECT head.* FROM unnest(v_rooms) AS room (id)
    CROSS JOIN LATERAL (SELECT * FROM trade.outbox o WHERE o.room_id = room.id ORDER BY o.id LIMIT 1) AS head;
END $$;

-- Adds an entry for chat. The caller holds the product's row lock, so ids within a room follow commit order.
-- `p_origin` is {"actor","requestId","traceparent"} of the request behind the change.
CREATE OR REPLACE FUNCTION trade.enqueue(p_room text, p_kind text, p_payload jsonb, p_origin jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  INSERT INTO trade.outbox (room_id, kind, payload, request_id, traceparent)
  VALUES (p_room, p_kind, p_payload, p_origin ->> 'requestId', p_origin ->> 'traceparent')
  RETURNING id INTO v_id;
  -- An update, never DO NOTHING: it waits for a relay that is about to remove the row.
  INSERT INTO trade.outbox_rooms (room_id, last_id, due_at) VALUES (p_room, v_id, trade.instant())
  ON CONFLICT (room_id) DO UPDATE SET last_id = EXCLUDED.last_id;
END $$;

-- The entry that ends a product's room: a body of `PATCH /api/chat/rooms/:roomId`. `p_note`: the seller's own words.
CREATE OR REPLACE FUNCTION trade.enqueue_status(p trade.products, p_note text, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.status', jsonb_build_object(
    'status', p.status, 'reason', coalesce(p_note, p.reason)), p_origin)
$$;

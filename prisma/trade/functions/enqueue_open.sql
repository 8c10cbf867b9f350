-- The entry that opens a product's room: the body of `POST /api/chat/rooms`.
CREATE OR REPLACE FUNCTION trade.enqueue_open(p trade.products, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.open', jsonb_build_object(
    'productId', p.id, 'title', p.title, 'hostId', p.seller_id, 'hostNickname', p.seller_nickname,
    'maxParticipants', p.max_participants, 'minParticipants', p.min_participants,
    'expiresAt', trade.iso(p.deadline)), p_origin)
$$;

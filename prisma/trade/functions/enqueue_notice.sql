-- The entry that tells a product's room something, as the product is then: `data` of the message. `p_notice`: minimum,
-- filling, tier:N, hour, ended.
CREATE OR REPLACE FUNCTION trade.enqueue_notice(p trade.products, p_notice text, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.notice', CASE split_part(p_notice, ':', 1)
    WHEN 'minimum' THEN jsonb_build_object('event', 'notice.minimum', 'minParticipants', p.min_participants,
      'participantCount', trade.counted(p))
    WHEN 'filling' THEN jsonb_build_object('event', 'notice.filling', 'participantCount', trade.counted(p),
      'maxParticipants', p.max_participants)
    WHEN 'tier' THEN jsonb_build_object('event', 'notice.tier', 'minParticipants', split_part(p_notice, ':', 2)::integer,
      'price', jsonb_build_object('currency', p.price_currency,
        'amount', trade.tier_amount(p.price_amount, p.price_tiers, split_part(p_notice, ':', 2)::integer)))
    WHEN 'hour' THEN jsonb_build_object('event', 'notice.hour', 'deadline', trade.iso(p.deadline))
    ELSE jsonb_build_object('event', 'notice.ended', 'status', p.status, 'reason', p.reason,
      'participantCount', trade.counted(p), 'price', CASE WHEN p.final_amount IS NOT NULL
        THEN jsonb_build_object('currency', p.price_currency, 'amount', p.final_amount) END)
  END, p_origin)
$$;

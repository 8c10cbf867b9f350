-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, unit_count, committed_count, waiting_count, price, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.unit_count, trade.counted(p), p.waiting_count, jsonb_build_object('price_amount', p.price_amount, 'price_currency',
      p.price_currency, 'price_tiers', p.price_tiers, 'final_amount', p.final_amount), p.deadline, p.closed_at)
$$;

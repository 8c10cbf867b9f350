-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, unit_count, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.unit_count, p.deadline, p.closed_at)
$$;

-- How far an erasure is, as the wire shows it.
CREATE OR REPLACE FUNCTION trade.erasure_json(e trade.erasures) RETURNS jsonb
LANGUAGE sql STABLE
  RETURN jsonb_build_object('id', e.id::text, 'status', e.status, 'pseudonym', 'erased-' || e.person,
    'counts', e.counts, 'waitsFor', e.waits_for, 'requestedAt', trade.iso(e.requested_at),
    'finishedAt', trade.iso(e.finished_at));

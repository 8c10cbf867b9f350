-- How far an erasure is, as the wire shows it.
CREATE OR REPLACE FUNCTION chat.erasure_json(e chat.erasures) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('id', e.id::TEXT, 'status', e.status, 'pseudonym', e.pseudonym,
    'counts', e.counts, 'waitsFor', e.waits_for, 'requestedAt', chat.iso(e.requested_at),
    'finishedAt', chat.iso(e.finished_at));

-- A row of the audit: what happened to the product, by whom, and what it is now. A person is named by his number.
CREATE OR REPLACE FUNCTION trade.record_audit(
  p trade.products, p_event text, p_actor text, p_from text, p_note text, p_data jsonb, p_origin jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  INSERT INTO trade.audit (product_id, at, event, person, from_status, to_status, reason, note, version, data,
    request_id)
  VALUES (p.id, trade.instant(), p_event, trade.person_of(p_actor), p_from, p.status, p.reason, p_note, p.version, p_data,
    p_origin ->> 'requestId')
  RETURNING id INTO v_id;
  PERFORM trade.record_event(v_id, p, p_event, p_actor, p_data);
END $$;

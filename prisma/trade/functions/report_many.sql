-- Payments of one product that are said to be authorised, each judged by himself, as report_payment judges one. `p_reports`:
-- [{user, reference, amount, origin}], each user once. Answers as join_many does. First those that were never tried before.
CREATE OR REPLACE FUNCTION trade.report_many(p_id text, p_reports jsonb)
RETURNS TABLE (product jsonb, outcomes text[], places jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_steps jsonb;
  v_outcomes text[];
  v_places jsonb[];
  v_report jsonb;
  v_n integer;
  v_one record;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT NULL::jsonb, array_fill('not_found'::text, ARRAY[jsonb_array_length(p_reports)]), '[]'::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_reports -> 0 -> 'origin');
  IF v_old.status = 'RECRUITING' THEN
    SELECT jsonb_agg(t.r || jsonb_build_object('n', t.n, 'nickname', s.nickname, 'quantity', s.quantity,
      'data', jsonb_build_object('reference', t.r -> 'reference', 'amount', t.r -> 'amount')) ORDER BY t.n) INTO v_steps
    FROM jsonb_array_elements(p_reports) WITH ORDINALITY AS t (r, n)
    JOIN trade.participations s ON s.product_id = p_id AND s.user_id = t.r ->> 'user'
    WHERE s.payment_status = 'PENDING' AND s.payment_reference IS NULL AND s.payment_amount IS NULL
      AND (t.r ->> 'amount')::bigint >= v_old.price_amount * s.quantity AND t.r ->> 'reference' IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM trade.ended_payments k WHERE k.product_id = p_id AND k.user_id = s.user_id);
  END IF;
  IF v_steps IS NOT NULL THEN
    UPDATE trade.participations s SET payment_status = 'AUTHORIZED', payment_reference = t.r ->> 'reference',
      payment_amount = (t.r ->> 'amount')::bigint, committed = true
    FROM jsonb_array_elements(v_steps) AS t (r) WHERE s.product_id = p_id AND s.user_id = t.r ->> 'user';
    v_old := trade.write_steps(v_old, 'payment.authorized', v_steps);
  END IF;
  SELECT array_agg(CASE WHEN s.user_id IS NOT NULL THEN 'ok' END ORDER BY t.n), array_agg(to_jsonb(s) ORDER BY t.n)
  INTO v_outcomes, v_places
  FROM jsonb_array_elements(p_reports) WITH ORDINALITY AS t (r, n)
  LEFT JOIN jsonb_array_elements(v_steps) AS d (r) ON (d.r ->> 'n')::bigint = t.n
  LEFT JOIN trade.participations s ON s.product_id = p_id AND s.user_id = d.r ->> 'user';
  FOR v_report, v_n IN
    SELECT t.r, t.n::integer FROM jsonb_array_elements(p_reports) WITH ORDINALITY AS t (r, n)
    WHERE v_outcomes[t.n::integer] IS NULL ORDER BY t.n
  LOOP
    SELECT * INTO v_one FROM trade.report_payment(p_id, v_report ->> 'user', 'AUTHORIZED', v_report ->> 'reference',
      (v_report ->> 'amount')::bigint, v_report -> 'origin');
    v_outcomes[v_n] := v_one.outcome;
    v_places[v_n] := v_one.participation;
    v_old := jsonb_populate_record(v_old, v_one.product);
  END LOOP;
  RETURN QUERY SELECT to_jsonb(v_old), v_outcomes, to_jsonb(v_places);
END $$;

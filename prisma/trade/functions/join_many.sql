-- Purchases of one product by several, each judged by himself and in this order, as join_product judges one. `p_buyers`:
-- [{user, nickname, tag, quantity, origin, claim}], each user once. `outcomes` and `places` (rows as JSON, null where there is none)
-- are in the same order; `product` is as the last of them leaves it.
-- GI001: the run of one of them was taken over; that undoes all, and each can be called by himself.
CREATE OR REPLACE FUNCTION trade.join_many(p_id text, p_buyers jsonb)
RETURNS TABLE (product jsonb, outcomes text[], places jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_at timestamptz;
  v_due timestamptz;
  v_free integer := 0;
  v_pays boolean;
  v_outcomes text[];
  v_steps jsonb;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT NULL::jsonb, array_fill('not_found'::text, ARRAY[jsonb_array_length(p_buyers)]), '[]'::jsonb;
    RETURN;
  END IF;
  -- Ended is final, so those who come too late need not queue for the lock.
  IF v_old.status = 'RECRUITING' THEN
    SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
    -- Read before the deadline is judged, as in join_product.
    v_at := trade.instant();
    v_old := trade.settle(v_old, p_buyers -> 0 -> 'origin');
  END IF;
  IF v_old.status = 'RECRUITING' THEN
    v_free := v_old.max_participants - v_old.participant_count;
  END IF;
  v_pays := v_old.payment = 'REQUIRED';
  WITH asked AS (
    SELECT b.n, CASE
      WHEN b.user_id = v_old.seller_id THEN 'seller'
      WHEN EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = b.user_id) THEN 'already'
      ELSE 'ok' END AS outcome
    FROM (SELECT t.n, t.b ->> 'user' AS user_id FROM jsonb_array_elements(p_buyers) WITH ORDINALITY AS t (b, n)) b
  )
  SELECT array_agg(CASE WHEN j.outcome = 'ok' AND j.place > v_free THEN 'ended' ELSE j.outcome END ORDER BY j.n)
  INTO v_outcomes
  FROM (SELECT a.*, count(*) FILTER (WHERE a.outcome = 'ok') OVER (ORDER BY a.n) AS place FROM asked a) j;

  IF 'ok' = ANY (v_outcomes) THEN
    IF v_pays THEN
      v_due := trade.payment_due(v_old, p_buyers -> 0 -> 'origin');
    END IF;
    INSERT INTO trade.participations (product_id, user_id, nickname, tag, quantity, joined_at, committed, payment_status,
      payment_due_at)
    SELECT p_id, t.b ->> 'user', t.b ->> 'nickname', t.b ->> 'tag', (t.b ->> 'quantity')::integer, v_at, NOT v_pays,
      CASE WHEN v_pays THEN 'PENDING' END, v_due
    FROM jsonb_array_elements(p_buyers) WITH ORDINALITY AS t (b, n) WHERE v_outcomes[t.n::integer] = 'ok';
    SELECT jsonb_agg(t.b || jsonb_build_object('data', jsonb_build_object('quantity', t.b -> 'quantity') ||
      CASE WHEN v_pays THEN jsonb_build_object('dueAt', trade.iso(v_due)) ELSE '{}' END) ORDER BY t.n)
    INTO v_steps
    FROM jsonb_array_elements(p_buyers) WITH ORDINALITY AS t (b, n) WHERE v_outcomes[t.n::integer] = 'ok';
    v_old := trade.write_steps(v_old, 'buyer.committed', v_steps);
    PERFORM trade.finish_key(t.b -> 'claim', jsonb_build_object('value', to_jsonb(s)))
    FROM jsonb_array_elements(v_steps) AS t (b)
    JOIN trade.participations s ON s.product_id = p_id AND s.user_id = t.b ->> 'user'
    WHERE jsonb_typeof(t.b -> 'claim') = 'object';
  END IF;
  RETURN QUERY SELECT to_jsonb(v_old), v_outcomes, (
    SELECT jsonb_agg(CASE WHEN v_outcomes[t.n::integer] = 'ok' THEN to_jsonb(s) END ORDER BY t.n)
    FROM jsonb_array_elements(p_buyers) WITH ORDINALITY AS t (b, n)
    LEFT JOIN trade.participations s ON s.product_id = p_id AND s.user_id = t.b ->> 'user');
END $$;

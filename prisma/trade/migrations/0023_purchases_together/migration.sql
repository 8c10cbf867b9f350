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

-- Where the count of a product's people next makes more than one more of them: the room is told something, or it ends. Null: nowhere.
CREATE OR REPLACE FUNCTION trade.next_step(p trade.products) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_count integer := trade.counted(p);
  v_filling bigint := (p.max_participants::bigint * 4 + 4) / 5;
  v_next integer;
BEGIN
  v_next := CASE WHEN v_count < p.max_participants THEN p.max_participants END;
  IF p.notices THEN
    v_next := least(v_next, CASE WHEN v_count < p.min_participants THEN p.min_participants END,
      CASE WHEN v_count < v_filling THEN v_filling END,
      CASE WHEN p.price_tiers <> '[]' THEN (
        SELECT min((t ->> 'minParticipants')::integer) FROM jsonb_array_elements(p.price_tiers) AS t
        WHERE (t ->> 'minParticipants')::integer > v_count) END);
  END IF;
  RETURN v_next;
END $$;

-- Removes what was delivered of a room, and returns its next entries, oldest first, under a renewed lease. None: the room
-- is done, or the claim was lost, and then whoever has it now delivers them again before any later one.
CREATE OR REPLACE FUNCTION trade.outbox_next(p_room text, p_claim uuid, p_ids bigint[], p_lease_ms integer, p_limit integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = p_room AND claim = p_claim FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM trade.outbox WHERE id = ANY (p_ids);
  RETURN QUERY SELECT * FROM trade.outbox o WHERE o.room_id = p_room ORDER BY o.id LIMIT p_limit;
  IF NOT FOUND THEN
    DELETE FROM trade.outbox_rooms WHERE room_id = p_room;
    RETURN;
  END IF;
  UPDATE trade.outbox_rooms SET due_at = clock_timestamp() + p_lease_ms * interval '1 millisecond', missing = false
  WHERE room_id = p_room;
END $$;

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

-- What several did to one product, whose lock the caller holds, each by himself and one after the other: `p_steps` is
-- [{user, nickname, quantity, data, origin}] in that order, each user once. `p_event`: buyer.committed (his row is there already)
-- or payment.authorized. What write_product would leave of each is left of each: a version, a row of the audit, an event for webhooks,
-- an entry for chat. The product's row and its live change are written where somebody is told of more than the purchase,
-- and for the last.
CREATE OR REPLACE FUNCTION trade.write_steps(p trade.products, p_event text, p_steps jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_joins boolean := p_event = 'buyer.committed';
  v_counts boolean := NOT v_joins OR p.payment = 'NONE';
  v_hooked boolean := EXISTS (SELECT 1 FROM trade.webhooks);
  v_all integer := jsonb_array_length(p_steps);
  v_from integer := 0;
  v_to integer;
  v_units integer;
  v_step jsonb;
  v_new trade.products;
BEGIN
  -- In one order, as whoever buys something else may become a person now as well.
  INSERT INTO trade.people (user_id)
  SELECT t.s ->> 'user' FROM jsonb_array_elements(p_steps) AS t (s)
  WHERE NOT EXISTS (SELECT 1 FROM trade.people h WHERE h.user_id = t.s ->> 'user') ORDER BY 1
  ON CONFLICT (user_id) DO NOTHING;
  WHILE v_from < v_all LOOP
    v_to := v_all;
    IF v_counts THEN
      v_to := least(v_all, v_from + trade.next_step(p) - trade.counted(p));
    END IF;
    IF v_to - v_from > 1 THEN
      WITH step AS MATERIALIZED (
        SELECT (t.n - v_from)::integer AS n, t.s ->> 'user' AS user_id, t.s ->> 'nickname' AS nickname, t.s -> 'data' AS data,
          t.s -> 'origin' AS origin, (sum((t.s ->> 'quantity')::integer) OVER (ORDER BY t.n))::integer AS units
        FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS t (s, n) WHERE t.n > v_from AND t.n < v_to
      ), noted AS (
        INSERT INTO trade.audit (product_id, at, event, person, from_status, to_status, reason, version, data, request_id)
        SELECT p.id, trade.instant(), p_event, coalesce(h.number, trade.person_of(t.user_id)), p.status, p.status, p.reason,
          p.version + t.n, t.data, t.origin ->> 'requestId'
        FROM step t LEFT JOIN trade.people h ON h.user_id = t.user_id ORDER BY t.n
        RETURNING id, version
      ), told AS (
        INSERT INTO trade.outbox (room_id, kind, payload, request_id, traceparent)
        SELECT p.id, 'buyer.committed', jsonb_build_object('userId', t.user_id, 'nickname', t.nickname),
          t.origin ->> 'requestId', t.origin ->> 'traceparent'
        FROM step t WHERE v_counts ORDER BY t.n
      )
      INSERT INTO trade.webhook_events (id, product_id, type, user_id, product, place, data, due, at)
      SELECT a.id, p.id, trade.webhook_type(p_event), t.user_id, to_jsonb(p) || jsonb_build_object('version', a.version) ||
          CASE WHEN v_joins THEN jsonb_build_object('participant_count', p.participant_count + t.n,
            'unit_count', p.unit_count + t.units)
          ELSE jsonb_build_object('authorized_count', p.authorized_count + t.n) END,
        (SELECT to_jsonb(s) FROM trade.participations s WHERE s.product_id = p.id AND s.user_id = t.user_id),
        t.data, t.data ? 'dueAt', trade.instant()
      FROM noted a JOIN step t ON t.n = a.version - p.version WHERE v_hooked ORDER BY a.id;
      SELECT sum((t.s ->> 'quantity')::integer) INTO v_units
      FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS t (s, n) WHERE t.n > v_from AND t.n < v_to;
      p.version := p.version + (v_to - v_from - 1);
      IF v_joins THEN
        p.participant_count := p.participant_count + (v_to - v_from - 1);
        p.unit_count := p.unit_count + v_units;
      ELSE
        p.authorized_count := p.authorized_count + (v_to - v_from - 1);
      END IF;
    END IF;
    v_step := p_steps -> (v_to - 1);
    v_new := p;
    IF v_joins THEN
      v_new.participant_count := p.participant_count + 1;
      v_new.unit_count := p.unit_count + (v_step ->> 'quantity')::integer;
    ELSE
      v_new.authorized_count := p.authorized_count + 1;
    END IF;
    p := trade.write_product(p, v_new, p_event, v_step ->> 'user', NULL, v_step -> 'data',
      CASE WHEN v_counts THEN 'buyer.committed' END,
      jsonb_build_object('userId', v_step ->> 'user', 'nickname', v_step ->> 'nickname'), v_step -> 'origin');
    v_from := v_to;
  END LOOP;
  RETURN p;
END $$;

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

-- Begins a run under an idempotency key. `state`: started, running, done (with the outcome), mismatch (another
-- payload). A run that neither finished nor was abandoned by `p_lease_ms` died with its process; the next one takes
-- over, and finish_key refuses the first should it still be alive.
CREATE OR REPLACE FUNCTION trade.begin_key(
  p_user text, p_route text, p_key text, p_fingerprint text, p_run uuid, p_lease_ms integer, p_keep_ms bigint
) RETURNS TABLE (state text, result jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_row trade.idempotency_keys;
  v_now timestamptz;
BEGIN
  LOOP
    v_now := clock_timestamp();
    INSERT INTO trade.idempotency_keys (user_id, route, key, fingerprint, run, locked_until, created_at)
    VALUES (p_user, p_route, p_key, p_fingerprint, p_run, v_now + p_lease_ms * interval '1 millisecond', v_now)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN QUERY SELECT 'started', NULL::jsonb;
      RETURN;
    END IF;
    SELECT * INTO v_row FROM trade.idempotency_keys
    WHERE user_id = p_user AND route = p_route AND key = p_key FOR UPDATE;
    -- Absent when it was abandoned or purged in between.
    EXIT WHEN FOUND;
  END LOOP;
  v_now := clock_timestamp();
  IF v_row.created_at + p_keep_ms * interval '1 millisecond' <= v_now
     OR (v_row.outcome IS NULL AND v_row.locked_until <= v_now) THEN
    UPDATE trade.idempotency_keys SET fingerprint = p_fingerprint, run = p_run, outcome = NULL, created_at = v_now,
      locked_until = v_now + p_lease_ms * interval '1 millisecond'
    WHERE user_id = p_user AND route = p_route AND key = p_key;
    RETURN QUERY SELECT 'started', NULL::jsonb;
  ELSIF v_row.fingerprint <> p_fingerprint THEN
    RETURN QUERY SELECT 'mismatch', NULL::jsonb;
  ELSIF v_row.outcome IS NULL THEN
    RETURN QUERY SELECT 'running', NULL::jsonb;
  ELSE
    RETURN QUERY SELECT 'done', v_row.outcome;
  END IF;
END $$;

-- Ends up to `p_limit` products whose deadline has passed, and says how many. Instances share the work: what another
-- one has locked is skipped. The variable lets the index be used, which a volatile function in the condition would not.
CREATE OR REPLACE FUNCTION trade.close_due(p_limit integer, p_origin jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_product trade.products;
  v_count integer := 0;
BEGIN
  FOR v_product IN
    SELECT * FROM trade.products WHERE status = 'RECRUITING' AND deadline <= v_now
    ORDER BY deadline, id LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM trade.settle(v_product, p_origin);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- Outcomes: ok, deadline_past.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
BEGIN
  IF p_deadline <= clock_timestamp() THEN
    RETURN QUERY SELECT 'deadline_past', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  INSERT INTO trade.products (id, seller_id, seller_nickname, title, description, image_url, price_amount,
    price_currency, min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
END $$;

-- Changes what `p_patch` names. `p_versions`: the versions the seller may have seen, null for any.
-- Outcomes: ok (also when nothing differs), not_found, forbidden, stale, ended, deadline_past, below_buyers,
-- minimum_above_maximum.
CREATE OR REPLACE FUNCTION trade.edit_product(
  p_id text, p_actor text, p_admin boolean, p_versions integer[], p_patch jsonb, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_data jsonb := '{}';
  v_room jsonb := '{}';
  v_outcome text := 'ok';
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  v_new := v_old;
  IF p_patch ? 'title' AND p_patch ->> 'title' <> v_old.title THEN
    v_new.title := p_patch ->> 'title';
    v_data := v_data || jsonb_build_object('title', v_new.title);
    v_room := v_room || jsonb_build_object('title', v_new.title);
  END IF;
  IF p_patch ? 'description' AND p_patch ->> 'description' <> v_old.description THEN
    v_new.description := p_patch ->> 'description';
    v_data := v_data || '{"description": true}';
  END IF;
  IF p_patch ? 'imageUrl' AND p_patch ->> 'imageUrl' IS DISTINCT FROM v_old.image_url THEN
    v_new.image_url := p_patch ->> 'imageUrl';
    v_data := v_data || jsonb_build_object('imageUrl', v_new.image_url);
  END IF;
  IF p_patch ? 'deadline' AND (p_patch ->> 'deadline')::timestamptz(3) <> v_old.deadline THEN
    v_new.deadline := (p_patch ->> 'deadline')::timestamptz(3);
    v_data := v_data || jsonb_build_object('deadline', trade.iso(v_new.deadline));
    v_room := v_room || jsonb_build_object('expiresAt', trade.iso(v_new.deadline));
  END IF;
  IF p_patch ? 'minParticipants' AND (p_patch ->> 'minParticipants')::integer <> v_old.min_participants THEN
    v_new.min_participants := (p_patch ->> 'minParticipants')::integer;
    v_data := v_data || jsonb_build_object('minParticipants', v_new.min_participants);
    v_room := v_room || jsonb_build_object('minParticipants', v_new.min_participants);
  END IF;
  IF p_patch ? 'maxParticipants' AND (p_patch ->> 'maxParticipants')::integer <> v_old.max_participants THEN
    v_new.max_participants := (p_patch ->> 'maxParticipants')::integer;
    v_data := v_data || jsonb_build_object('maxParticipants', v_new.max_participants);
    v_room := v_room || jsonb_build_object('maxParticipants', v_new.max_participants);
  END IF;

  IF v_old.seller_id <> p_actor AND NOT p_admin THEN
    v_outcome := 'forbidden';
  ELSIF NOT v_old.version = ANY (p_versions) THEN
    v_outcome := 'stale';
  ELSIF v_old.status <> 'RECRUITING' THEN
    v_outcome := 'ended';
  ELSIF v_new.deadline <> v_old.deadline AND v_new.deadline <= clock_timestamp() THEN
    v_outcome := 'deadline_past';
  ELSIF v_new.max_participants < v_old.participant_count THEN
    v_outcome := 'below_buyers';
  ELSIF v_new.min_participants > v_new.max_participants THEN
    v_outcome := 'minimum_above_maximum';
  ELSIF v_data <> '{}' THEN
    v_new := trade.save_product(v_old, v_new, 'product.edited', p_actor, NULL, v_data,
      CASE WHEN v_room <> '{}' THEN 'room.patched' END, v_room, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
END $$;

-- The seller's close ('CLOSED') or cancellation ('CANCELLED'). The same end again is ok and changes nothing.
-- Outcomes: ok, not_found, forbidden, illegal (it ended the other way), minimum.
CREATE OR REPLACE FUNCTION trade.end_product(
  p_id text, p_actor text, p_admin boolean, p_status text, p_note text, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_outcome text;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  IF v_old.seller_id <> p_actor AND NOT p_admin THEN
    v_outcome := 'forbidden';
  ELSIF v_old.status = p_status THEN
    v_outcome := 'ok';
  ELSIF v_old.status <> 'RECRUITING' THEN
    v_outcome := 'illegal';
  ELSIF p_status = 'CLOSED' AND v_old.participant_count < v_old.min_participants THEN
    v_outcome := 'minimum';
  ELSE
    v_new := v_old;
    v_new.status := p_status;
    v_new.reason := 'SELLER';
    v_new := trade.save_product(v_old, v_new, NULL, p_actor, p_note, NULL, NULL, NULL, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
END $$;

-- Adds an entry for chat. The caller holds the product's row lock, so ids within a room follow commit order.
-- `p_origin` is {"actor","requestId","traceparent"} of the request behind the change.
CREATE OR REPLACE FUNCTION trade.enqueue(p_room text, p_kind text, p_payload jsonb, p_origin jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_id bigint;
BEGIN
  INSERT INTO trade.outbox (room_id, kind, payload, request_id, traceparent)
  VALUES (p_room, p_kind, p_payload, p_origin ->> 'requestId', p_origin ->> 'traceparent')
  RETURNING id INTO v_id;
  -- An update, never DO NOTHING: it waits for a relay that is about to remove the row.
  INSERT INTO trade.outbox_rooms (room_id, last_id, due_at) VALUES (p_room, v_id, trade.instant())
  ON CONFLICT (room_id) DO UPDATE SET last_id = EXCLUDED.last_id;
END $$;

-- The entry that ends a product's room: a body of `PATCH /api/chat/rooms/:roomId`. `p_note`: the seller's own words.
CREATE OR REPLACE FUNCTION trade.enqueue_status(p trade.products, p_note text, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.status', jsonb_build_object(
    'status', p.status, 'reason', coalesce(p_note, p.reason)), p_origin)
$$;

-- Stores a run's outcome, in the transaction of its effect. `p_claim` is {"userId","route","key","run"} or null.
-- GI001: another run has taken over; the exception undoes the effect.
CREATE OR REPLACE FUNCTION trade.finish_key(p_claim jsonb, p_outcome jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF p_claim IS NULL THEN
    RETURN;
  END IF;
  UPDATE trade.idempotency_keys SET outcome = p_outcome
  WHERE user_id = p_claim ->> 'userId' AND route = p_claim ->> 'route' AND key = p_claim ->> 'key'
    AND run = (p_claim ->> 'run')::uuid AND outcome IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the idempotency key was taken over by another run' USING ERRCODE = 'GI001';
  END IF;
END $$;

-- Tells chat everything about a product again, and first of all who is no buyer of it though chat takes him for one:
-- his place may be the one that a buyer needs. False when something is under way already.
CREATE OR REPLACE FUNCTION trade.heal_room(p_id text, p_extra text[], p_origin jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (SELECT 1 FROM trade.outbox_rooms WHERE room_id = p_id) THEN
    RETURN false;
  END IF;
  PERFORM trade.enqueue(p_id, 'buyer.withdrawn', jsonb_build_object('userId', e.user_id), p_origin)
  FROM unnest(p_extra) AS e (user_id)
  WHERE NOT EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = e.user_id);
  IF v_product.status = 'RECRUITING' THEN
    PERFORM trade.enqueue(p_id, 'room.patched', jsonb_build_object('maxParticipants', v_product.max_participants,
      'minParticipants', v_product.min_participants, 'expiresAt', trade.iso(v_product.deadline)), p_origin);
    PERFORM trade.enqueue(p_id, 'buyer.committed',
      jsonb_build_object('userId', s.user_id, 'nickname', s.nickname), p_origin)
    FROM (SELECT * FROM trade.participations WHERE product_id = p_id ORDER BY joined_at, user_id) s;
  END IF;
  RETURN true;
END $$;

-- The time as it is stored: cut to milliseconds, where a cast would round up, past a deadline or past a due time.
-- Never now(): that is the transaction's start, and a purchase may have waited for its row.
CREATE OR REPLACE FUNCTION trade.instant() RETURNS timestamptz
LANGUAGE sql AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

-- A purchase. The one that fills the last place closes the product.
-- Outcomes: ok, not_found, seller, already, ended.
CREATE OR REPLACE FUNCTION trade.join_product(
  p_id text, p_user text, p_nickname text, p_tag text, p_quantity integer, p_origin jsonb, p_claim jsonb
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  -- Ended is final, so the many who come too late need not queue for the lock.
  IF v_old.status = 'RECRUITING' THEN
    SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
    v_old := trade.settle(v_old, p_origin);
  END IF;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'already', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    INSERT INTO trade.participations (product_id, user_id, nickname, tag, quantity, joined_at)
    VALUES (p_id, p_user, p_nickname, p_tag, p_quantity, trade.instant())
    RETURNING * INTO v_place;
    v_new := v_old;
    v_new.participant_count := v_old.participant_count + 1;
    v_new := trade.save_product(v_old, v_new, 'buyer.committed', p_user, NULL,
      jsonb_build_object('quantity', p_quantity),
      'buyer.committed', jsonb_build_object('userId', p_user, 'nickname', p_nickname), p_origin);
    PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_place)));
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- A relay claims rooms, not entries, and gets each room's oldest entry. `due_at` of a claimed room is the
-- end of the lease: a relay that died is followed by another one then.
CREATE OR REPLACE FUNCTION trade.outbox_claim(p_claim uuid, p_limit integer, p_lease_ms integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_rooms text[];
BEGIN
  WITH due AS (
    SELECT room_id FROM trade.outbox_rooms WHERE due_at <= v_now ORDER BY due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE trade.outbox_rooms r SET claim = p_claim, due_at = v_now + p_lease_ms * interval '1 millisecond'
    FROM due WHERE r.room_id = due.room_id RETURNING r.room_id
  )
  SELECT array_agg(room_id) INTO v_rooms FROM claimed;
  -- A statement of its own: the snapshot of the one above may still show an entry that was delivered meanwhile.
  RETURN QUERY
    SELECT head.* FROM unnest(v_rooms) AS room (id)
    CROSS JOIN LATERAL (SELECT * FROM trade.outbox o WHERE o.room_id = room.id ORDER BY o.id LIMIT 1) AS head;
END $$;

-- Removes a delivered entry and returns the room's next one under a renewed lease. None: the room is done, or the claim
-- was lost, and then whoever has it now delivers the entry again before any later one.
CREATE OR REPLACE FUNCTION trade.outbox_delivered(p_room text, p_claim uuid, p_id bigint, p_lease_ms integer)
RETURNS SETOF trade.outbox
LANGUAGE plpgsql AS $$
DECLARE
  v_next trade.outbox;
BEGIN
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = p_room AND claim = p_claim FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM trade.outbox WHERE id = p_id;
  SELECT * INTO v_next FROM trade.outbox WHERE room_id = p_room ORDER BY id LIMIT 1;
  IF NOT FOUND THEN
    DELETE FROM trade.outbox_rooms WHERE room_id = p_room;
    RETURN;
  END IF;
  UPDATE trade.outbox_rooms SET due_at = clock_timestamp() + p_lease_ms * interval '1 millisecond', missing = false
  WHERE room_id = p_room;
  RETURN NEXT v_next;
END $$;

-- Ends a claim without delivery: after `p_delay_ms` the room is due again; null parks its oldest entry. `p_error` null
-- gives the room back untried. False: the claim was lost.
CREATE OR REPLACE FUNCTION trade.outbox_release(
  p_room text, p_claim uuid, p_id bigint, p_error text, p_delay_ms integer, p_missing boolean
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE trade.outbox_rooms SET claim = NULL, due_at = trade.instant() + p_delay_ms * interval '1 millisecond',
    missing = p_missing
  WHERE room_id = p_room AND claim = p_claim;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_error IS NOT NULL THEN
    UPDATE trade.outbox SET attempts = attempts + 1, last_error = p_error,
      parked_at = CASE WHEN p_delay_ms IS NULL THEN clock_timestamp() END
    WHERE id = p_id;
  END IF;
  RETURN true;
END $$;

-- An operator's decision on a parked entry: 'retry' it or 'discard' it. False: there is no such parked entry.
CREATE OR REPLACE FUNCTION trade.outbox_unpark(p_id bigint, p_discard boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_room text;
BEGIN
  SELECT room_id INTO v_room FROM trade.outbox WHERE id = p_id AND parked_at IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM trade.outbox_rooms WHERE room_id = v_room FOR UPDATE;
  IF p_discard THEN
    DELETE FROM trade.outbox WHERE id = p_id AND parked_at IS NOT NULL;
  ELSE
    UPDATE trade.outbox SET parked_at = NULL WHERE id = p_id AND parked_at IS NOT NULL;
  END IF;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT 1 FROM trade.outbox WHERE room_id = v_room) THEN
    UPDATE trade.outbox_rooms SET due_at = trade.instant(), missing = false WHERE room_id = v_room;
  ELSE
    DELETE FROM trade.outbox_rooms WHERE room_id = v_room;
  END IF;
  RETURN true;
END $$;

-- A row of the audit: what happened to the product, by whom, and what it is now.
CREATE OR REPLACE FUNCTION trade.record_audit(
  p trade.products, p_event text, p_actor text, p_from text, p_note text, p_data jsonb, p_origin jsonb
) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.audit (product_id, at, event, actor, from_status, to_status, reason, note, version, data,
    request_id)
  VALUES (p.id, trade.instant(), p_event, p_actor, p_from, p.status, p.reason, p_note, p.version, p_data,
    p_origin ->> 'requestId')
$$;

-- A row of the live changes, which event streams read.
CREATE OR REPLACE FUNCTION trade.record_change(p trade.products) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO trade.changes (product_id, at, version, status, reason, min_participants, max_participants,
    participant_count, deadline, closed_at)
  VALUES (p.id, trade.instant(), p.version, p.status, p.reason, p.min_participants, p.max_participants,
    p.participant_count, p.deadline, p.closed_at)
$$;

-- Tells chat the whole state of a product again: for a room that differs, or (`p_missing`) that chat has lost, where
-- the pending entries can't be delivered any more and are replaced. False: something is under way, or the product is
-- unknown.
CREATE OR REPLACE FUNCTION trade.resend_room(p_id text, p_missing boolean, p_origin jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_room trade.outbox_rooms;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT * INTO v_room FROM trade.outbox_rooms WHERE room_id = p_id FOR UPDATE;
  IF FOUND THEN
    IF NOT (p_missing AND v_room.missing AND v_room.claim IS NULL) THEN
      RETURN false;
    END IF;
    DELETE FROM trade.outbox WHERE room_id = p_id;
    DELETE FROM trade.outbox_rooms WHERE room_id = p_id;
  END IF;
  IF p_missing THEN
    PERFORM trade.enqueue_open(v_product, p_origin);
  ELSIF v_product.status = 'RECRUITING' THEN
    PERFORM trade.enqueue(p_id, 'room.patched', jsonb_build_object('maxParticipants', v_product.max_participants,
      'minParticipants', v_product.min_participants, 'expiresAt', trade.iso(v_product.deadline)), p_origin);
  END IF;
  PERFORM trade.enqueue(p_id, 'buyer.committed',
    jsonb_build_object('userId', s.user_id, 'nickname', s.nickname), p_origin)
  FROM (SELECT * FROM trade.participations WHERE product_id = p_id ORDER BY joined_at, user_id) s;
  IF v_product.status <> 'RECRUITING' THEN
    PERFORM trade.enqueue_status(v_product, (
      SELECT a.note FROM trade.audit a WHERE a.product_id = p_id AND a.note IS NOT NULL ORDER BY a.id DESC LIMIT 1
    ), p_origin);
  END IF;
  RETURN true;
END $$;

-- Writes `p_new` over `p_old`, whose lock the caller holds, and all that follows from it: the end when the cap is
-- reached, the audit, the live change, and the entries for chat (`p_kind` first, the room's status after it).
CREATE OR REPLACE FUNCTION trade.save_product(
  p_old trade.products, p_new trade.products, p_event text, p_actor text, p_note text, p_data jsonb, p_kind text,
  p_payload jsonb, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
BEGIN
  IF p_new.status = 'RECRUITING' AND p_new.participant_count >= p_new.max_participants THEN
    p_new.status := 'CLOSED';
    p_new.reason := 'FULL';
  END IF;
  IF p_new.status <> p_old.status THEN
    p_new.closed_at := trade.instant();
  END IF;
  p_new.version := p_old.version + 1;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, status = p_new.status, reason = p_new.reason,
    closed_at = p_new.closed_at, version = p_new.version
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.min_participants, p_new.max_participants, p_new.deadline)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.min_participants, p_old.max_participants, p_old.deadline) THEN
    PERFORM trade.record_change(p_new);
  END IF;
  IF p_kind IS NOT NULL THEN
    PERFORM trade.enqueue(p_new.id, p_kind, p_payload, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.enqueue_status(p_new, p_note, p_origin);
  END IF;
  RETURN p_new;
END $$;

-- Ends a product whose deadline has passed; everything that locks a product does this first, so a late scheduler
-- changes nothing. The time is read after the lock was waited for.
CREATE OR REPLACE FUNCTION trade.settle(p_old trade.products, p_origin jsonb) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products := p_old;
BEGIN
  IF p_old.status <> 'RECRUITING' OR clock_timestamp() < p_old.deadline THEN
    RETURN p_old;
  END IF;
  IF p_old.participant_count >= p_old.min_participants THEN
    v_new.status := 'CLOSED';
    v_new.reason := 'DEADLINE';
  ELSE
    v_new.status := 'CANCELLED';
    v_new.reason := 'UNDERFILLED';
  END IF;
  RETURN trade.save_product(p_old, v_new, NULL, NULL, NULL, NULL, NULL, NULL, p_origin);
END $$;

-- A purchase is taken back, while the product recruits.
-- Outcomes: ok, not_found, seller, absent, ended.
CREATE OR REPLACE FUNCTION trade.withdraw_from_product(p_id text, p_user text, p_origin jsonb)
RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_old trade.products;
  v_new trade.products;
  v_place trade.participations;
BEGIN
  SELECT * INTO v_old FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_old := trade.settle(v_old, p_origin);
  SELECT * INTO v_place FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
  IF v_old.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_place.user_id IS NULL THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_old), NULL::jsonb;
  ELSIF v_old.status <> 'RECRUITING' THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_old), NULL::jsonb;
  ELSE
    DELETE FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user;
    v_new := v_old;
    v_new.participant_count := v_old.participant_count - 1;
    v_new := trade.save_product(v_old, v_new, 'buyer.withdrawn', p_user, NULL,
      jsonb_build_object('quantity', v_place.quantity),
      'buyer.withdrawn', jsonb_build_object('userId', p_user), p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), to_jsonb(v_place);
  END IF;
END $$;

-- The entry that opens a product's room: the body of `POST /api/chat/rooms`.
CREATE OR REPLACE FUNCTION trade.enqueue_open(p trade.products, p_origin jsonb) RETURNS void
LANGUAGE sql AS $$
  SELECT trade.enqueue(p.id, 'room.open', jsonb_build_object(
    'productId', p.id, 'title', p.title, 'hostId', p.seller_id, 'hostNickname', p.seller_nickname,
    'maxParticipants', p.max_participants, 'minParticipants', p.min_participants,
    'expiresAt', trade.iso(p.deadline)), p_origin)
$$;

-- Writes `p_new` over `p_old`, whose lock the caller holds, and all that follows from it: the end when the cap is
-- reached, the audit, the live change, and the entries for chat (`p_kind` first, notices and the room's status after it). With the end
-- go the places that are not paid, and all who wait; what was paid is to be captured or released.
CREATE OR REPLACE FUNCTION trade.write_product(
  p_old trade.products, p_new trade.products, p_event text, p_actor text, p_note text, p_data jsonb, p_kind text,
  p_payload jsonb, p_origin jsonb
) RETURNS trade.products
LANGUAGE plpgsql AS $$
DECLARE
  v_ends boolean;
  v_place trade.participations;
  v_unpaid trade.participations[] := '{}';
  v_waited text[] := '{}';
  v_notices text[];
BEGIN
  IF p_new.status = 'RECRUITING' AND NOT p_new.waiting_list AND trade.counted(p_new) >= p_new.max_participants THEN
    p_new.status := 'CLOSED';
    p_new.reason := 'FULL';
  END IF;
  v_ends := p_new.status <> p_old.status;
  p_new.version := p_old.version + 1;
  IF v_ends THEN
    p_new.closed_at := trade.instant();
    IF p_new.payment = 'REQUIRED' AND p_new.authorized_count < p_new.participant_count THEN
      WITH gone AS (
        DELETE FROM trade.participations s WHERE s.product_id = p_old.id AND NOT s.committed RETURNING s AS place
      )
      SELECT coalesce(array_agg(g.place ORDER BY (g.place).joined_at, (g.place).user_id), '{}') INTO v_unpaid FROM gone g;
      p_new.participant_count := p_new.participant_count - cardinality(v_unpaid);
      p_new.unit_count := p_new.unit_count - (SELECT coalesce(sum(u.quantity), 0) FROM unnest(v_unpaid) u);
    END IF;
    IF p_new.waiting_count > 0 THEN
      WITH gone AS (DELETE FROM trade.waiting w WHERE w.product_id = p_old.id RETURNING w.id, w.user_id)
      SELECT array_agg(g.user_id ORDER BY g.id) INTO v_waited FROM gone g;
      p_new.waiting_count := 0;
    END IF;
    IF p_new.status = 'CLOSED' THEN
      p_new.final_amount := trade.tier_amount(p_new.price_amount, p_new.price_tiers, trade.counted(p_new));
    END IF;
  END IF;
  v_notices := trade.due_notices(p_old, p_new);
  p_new.noticed := p_new.noticed || v_notices;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, authorized_count = p_new.authorized_count,
    waiting_count = p_new.waiting_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, price_tiers = p_new.price_tiers,
    final_amount = p_new.final_amount, version = p_new.version,
    notices = p_new.notices, category = p_new.category, tags = p_new.tags, noticed = p_new.noticed
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF v_ends THEN
    FOREACH v_place IN ARRAY v_unpaid LOOP
      PERFORM trade.keep_payment(p_new, v_place, 'expired', p_origin);
      PERFORM trade.record_audit(p_new, 'buyer.expired', v_place.user_id, p_old.status, NULL,
        jsonb_build_object('quantity', v_place.quantity), p_origin);
    END LOOP;
    PERFORM trade.record_audit(p_new, 'waiting.ended', w.user_id, p_old.status, NULL, NULL, p_origin)
    FROM unnest(v_waited) AS w (user_id);
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
    IF p_new.payment = 'REQUIRED' THEN
      PERFORM trade.record_audit(p_new,
        CASE p_new.status WHEN 'CLOSED' THEN 'payment.capture' ELSE 'payment.release' END, s.user_id, p_new.status, NULL,
        jsonb_build_object('reference', s.payment_reference,
          'amount', coalesce(p_new.final_amount * s.quantity, s.payment_amount)), p_origin)
      FROM (SELECT * FROM trade.participations WHERE product_id = p_old.id ORDER BY joined_at, user_id) s;
    END IF;
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.authorized_count, p_new.waiting_count, p_new.unit_count,
      p_new.min_participants, p_new.max_participants, p_new.deadline, p_new.price_tiers)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.authorized_count, p_old.waiting_count, p_old.unit_count,
      p_old.min_participants, p_old.max_participants, p_old.deadline, p_old.price_tiers) THEN
    PERFORM trade.record_change(p_new);
  END IF;
  IF p_kind IS NOT NULL THEN
    PERFORM trade.enqueue(p_new.id, p_kind, p_payload, p_origin);
  END IF;
  PERFORM trade.enqueue_notice(p_new, d.name, p_origin) FROM unnest(v_notices) WITH ORDINALITY AS d (name, n);
  IF v_ends THEN
    PERFORM trade.enqueue_status(p_new, p_note, p_origin);
    IF p_new.notices THEN
      PERFORM trade.enqueue_notice(p_new, 'ended', p_origin);
    END IF;
  END IF;
  RETURN p_new;
END $$;

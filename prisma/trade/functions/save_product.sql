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
    IF p_new.status = 'CLOSED' THEN
      p_new.final_amount := trade.tier_amount(p_new.price_amount, p_new.price_tiers, p_new.participant_count);
    END IF;
  END IF;
  p_new.version := p_old.version + 1;
  UPDATE trade.products SET
    title = p_new.title, description = p_new.description, image_url = p_new.image_url, deadline = p_new.deadline,
    min_participants = p_new.min_participants, max_participants = p_new.max_participants,
    participant_count = p_new.participant_count, unit_count = p_new.unit_count, status = p_new.status,
    reason = p_new.reason, closed_at = p_new.closed_at, price_tiers = p_new.price_tiers,
    final_amount = p_new.final_amount, version = p_new.version
  WHERE id = p_old.id;

  IF p_event IS NOT NULL THEN
    PERFORM trade.record_audit(p_new, p_event, p_actor, p_old.status, NULL, p_data, p_origin);
  END IF;
  IF p_new.status <> p_old.status THEN
    PERFORM trade.record_audit(p_new, 'product.' || lower(p_new.status), p_actor, p_old.status, p_note, NULL, p_origin);
  END IF;
  IF (p_new.status, p_new.participant_count, p_new.unit_count, p_new.min_participants, p_new.max_participants,
      p_new.deadline, p_new.price_tiers)
     IS DISTINCT FROM
     (p_old.status, p_old.participant_count, p_old.unit_count, p_old.min_participants, p_old.max_participants,
      p_old.deadline, p_old.price_tiers) THEN
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

-- Begins to erase a user, or says how far that is. `p_dry`: says what there is, and changes nothing.
-- Outcomes: ok, held (for a legal reason), selling (`left`: products of his that recruit).
CREATE OR REPLACE FUNCTION trade.request_erasure(p_user text, p_by text, p_dry boolean)
RETURNS TABLE (outcome text, erasure jsonb, amount jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  e trade.erasures;
  v_amount jsonb := jsonb_build_object(
    'openPurchases', (SELECT count(*) FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = p_user AND p.status = 'RECRUITING'),
    'endedPurchases', (SELECT count(*) FROM trade.participations s JOIN trade.products p ON p.id = s.product_id
      WHERE s.user_id = p_user AND p.status <> 'RECRUITING'),
    'addresses', (SELECT count(*) FROM trade.participations s
      JOIN trade.addresses a ON a.product_id = s.product_id AND a.user_id = s.user_id WHERE s.user_id = p_user),
    'openProducts', (SELECT count(*) FROM trade.products p WHERE p.seller_id = p_user AND p.status = 'RECRUITING'),
    'endedProducts', (SELECT count(*) FROM trade.products p WHERE p.seller_id = p_user AND p.status <> 'RECRUITING'));
BEGIN
  IF trade.is_held('USER', p_user) THEN
    RETURN QUERY SELECT 'held', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  SELECT * INTO e FROM trade.erasures o WHERE o.user_id = p_user;
  IF FOUND THEN
    RETURN QUERY SELECT 'ok', trade.erasure_json(e), v_amount;
    RETURN;
  END IF;
  IF (v_amount ->> 'openProducts')::integer > 0 THEN
    RETURN QUERY SELECT 'selling', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  IF p_dry THEN
    RETURN QUERY SELECT 'ok', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  PERFORM trade.note_moderation('user.erased', NULL, p_user, p_by, '{}');
  PERFORM trade.bar_user(p_user, 'revoke', NULL, NULL, p_by);
  -- Ahead of his number: who was erased before is given one while an erasure of him goes on, and else not (`refuse_erased`).
  INSERT INTO trade.erasures AS o (user_id, person) VALUES (p_user, 0)
  ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING * INTO e;
  IF e.person = 0 THEN
    UPDATE trade.erasures o SET person = trade.person_of(p_user) WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN QUERY SELECT 'ok', trade.erasure_json(e), v_amount;
END $$;

DROP FUNCTION trade.create_product(text,text,text,text,text,text,bigint,text,integer,integer,timestamp with time zone,jsonb,jsonb),
  trade.edit_product(text,text,boolean,integer[],jsonb,jsonb);

-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- Outcomes: ok, deadline_past, deadline_far.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb,
  p_max_days integer DEFAULT NULL
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
BEGIN
  IF p_deadline <= clock_timestamp() THEN
    RETURN QUERY SELECT 'deadline_past', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  -- Hours: a day of a time zone may have 23 or 25.
  IF p_deadline > clock_timestamp() + make_interval(hours => 24 * p_max_days) THEN
    RETURN QUERY SELECT 'deadline_far', NULL::jsonb, NULL::jsonb;
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

-- Changes what `p_patch` names. `p_versions`: the versions the seller may have seen, null for any. `p_max_days`: how far
-- away a new deadline may be; null: as far as one likes.
-- Outcomes: ok (also when nothing differs), not_found, forbidden, stale, ended, deadline_past, deadline_far, below_buyers,
-- minimum_above_maximum.
CREATE OR REPLACE FUNCTION trade.edit_product(
  p_id text, p_actor text, p_admin boolean, p_versions integer[], p_patch jsonb, p_origin jsonb,
  p_max_days integer DEFAULT NULL
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
  ELSIF v_new.deadline <> v_old.deadline
    AND v_new.deadline > clock_timestamp() + make_interval(hours => 24 * p_max_days) THEN
    v_outcome := 'deadline_far';
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

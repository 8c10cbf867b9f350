-- Changes what `p_patch` names; its "forms" are what the product is found by then (see save_texts). `p_versions`: the versions the seller may have seen, null for any. `p_max_days`: how far
-- away a new deadline may be; null: as far as one likes.
-- Outcomes: ok (also when nothing differs), not_found, forbidden, stale, ended, deadline_past, deadline_far, below_buyers,
-- minimum_above_maximum, tiers_fixed (somebody takes part), tiers_invalid, pictures_invalid.
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
  IF p_patch ? 'priceTiers' AND p_patch -> 'priceTiers' <> v_old.price_tiers THEN
    v_new.price_tiers := p_patch -> 'priceTiers';
    v_data := v_data || jsonb_build_object('priceTiers', v_new.price_tiers);
  END IF;
  IF p_patch ? 'category' AND p_patch ->> 'category' IS DISTINCT FROM v_old.category THEN
    v_new.category := p_patch ->> 'category';
    v_data := v_data || jsonb_build_object('category', v_new.category);
  END IF;
  IF p_patch ? 'tags' AND p_patch -> 'tags' <> to_jsonb(v_old.tags) THEN
    v_new.tags := ARRAY(SELECT jsonb_array_elements_text(p_patch -> 'tags'));
    v_data := v_data || jsonb_build_object('tags', p_patch -> 'tags');
  END IF;
  IF p_patch ? 'pictures' AND p_patch -> 'pictures' <> jsonb_path_query_array(v_old.pictures, '$[*].id') THEN
    v_new.pictures := trade.find_pictures(p_id, p_actor, p_patch -> 'pictures');
    v_data := v_data || jsonb_build_object('pictures', p_patch -> 'pictures');
  END IF;
  IF p_patch ? 'notices' AND (p_patch ->> 'notices')::boolean <> v_old.notices THEN
    v_new.notices := (p_patch ->> 'notices')::boolean;
    v_data := v_data || jsonb_build_object('notices', v_new.notices);
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
  ELSIF v_new.price_tiers <> v_old.price_tiers AND v_old.participant_count > 0 THEN
    v_outcome := 'tiers_fixed';
  ELSIF NOT trade.tiers_valid(v_new.price_amount, v_new.price_tiers) THEN
    v_outcome := 'tiers_invalid';
  ELSIF v_new.pictures IS NULL THEN
    v_outcome := 'pictures_invalid';
  ELSIF v_data <> '{}' THEN
    IF v_data ? 'pictures' THEN
      PERFORM trade.take_pictures(p_id, p_patch -> 'pictures');
      UPDATE trade.products SET pictures = v_new.pictures WHERE id = p_id;
    END IF;
    IF p_patch ? 'forms' THEN
      PERFORM trade.save_texts(p_id, p_patch -> 'forms');
    END IF;
    v_new := trade.save_product(v_old, v_new, 'product.edited', p_actor, NULL, v_data,
      CASE WHEN v_room <> '{}' THEN 'room.patched' END, v_room, p_origin);
    RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
    RETURN;
  END IF;
  RETURN QUERY SELECT v_outcome, to_jsonb(v_old), NULL::jsonb;
END $$;

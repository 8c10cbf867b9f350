-- A new product, with its audit row, its first live change and the entry that opens its room.
-- `p_max_days`: how far away the deadline may be; null: as far as one likes.
-- `p_terms`: {"priceTiers", "payment", "waitingList", "notices", "category", "tags", "pictures"}, how it is sold: what it does not name is as it
-- was before there was a choice; "forms", what it is found by (see save_texts); "maxOpen", how many products its seller may
-- have that recruit: without it any number.
-- Outcomes: ok, deadline_past, deadline_far, tiers_invalid, pictures_invalid, too_many.
CREATE OR REPLACE FUNCTION trade.create_product(
  p_id text, p_seller text, p_nickname text, p_title text, p_description text, p_image text, p_amount bigint,
  p_currency text, p_min integer, p_max integer, p_deadline timestamptz, p_origin jsonb, p_claim jsonb,
  p_max_days integer DEFAULT NULL, p_terms jsonb DEFAULT '{}'
) RETURNS TABLE (outcome text, product jsonb, participation jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_new trade.products;
  v_tiers jsonb := coalesce(p_terms -> 'priceTiers', '[]');
  v_ids jsonb := coalesce(p_terms -> 'pictures', '[]');
  v_pictures jsonb := '[]';
  v_now timestamptz;
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
  IF NOT trade.tiers_valid(p_amount, v_tiers) THEN
    RETURN QUERY SELECT 'tiers_invalid', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  IF p_terms ->> 'maxOpen' IS NOT NULL THEN
    -- Those of one seller one after the other: each would count without the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('gongu seller ' || p_seller, 0));
    v_now := clock_timestamp();
    IF (SELECT count(*) FROM trade.products o
        WHERE o.seller_id = p_seller AND o.status = 'RECRUITING' AND o.deadline > v_now) >= (p_terms ->> 'maxOpen')::integer THEN
      RETURN QUERY SELECT 'too_many', NULL::jsonb, NULL::jsonb;
      RETURN;
    END IF;
  END IF;
  IF v_ids <> '[]' THEN
    v_pictures := trade.find_pictures(p_id, p_seller, v_ids);
    IF v_pictures IS NULL THEN
      RETURN QUERY SELECT 'pictures_invalid', NULL::jsonb, NULL::jsonb;
      RETURN;
    END IF;
  END IF;
  INSERT INTO trade.products (id, seller_id, seller_nickname, title, description, image_url, price_amount,
    price_currency, price_tiers, payment, waiting_list, notices, category, tags, pictures, noticed,
    min_participants, max_participants, deadline, created_at)
  VALUES (p_id, p_seller, p_nickname, p_title, p_description, p_image, p_amount,
    p_currency, v_tiers, coalesce(p_terms ->> 'payment', 'NONE'), coalesce((p_terms ->> 'waitingList')::boolean, false),
    coalesce((p_terms ->> 'notices')::boolean, true), p_terms ->> 'category',
    ARRAY(SELECT jsonb_array_elements_text(coalesce(p_terms -> 'tags', '[]'))), v_pictures,
    -- What lasts for less than an hour from its beginning need not be told so.
    CASE WHEN p_deadline <= clock_timestamp() + interval '1 hour' THEN '{hour}'::text[] ELSE '{}' END,
    p_min, p_max, p_deadline, trade.instant())
  RETURNING * INTO v_new;
  IF v_ids <> '[]' THEN
    PERFORM trade.take_pictures(p_id, v_ids);
  END IF;
  PERFORM trade.save_texts(p_id, coalesce(p_terms -> 'forms', '{}'));
  PERFORM trade.record_audit(v_new, 'product.created', p_seller, NULL, NULL, NULL, p_origin);
  PERFORM trade.record_change(v_new);
  PERFORM trade.enqueue_open(v_new, p_origin);
  PERFORM trade.finish_key(p_claim, jsonb_build_object('value', to_jsonb(v_new)));
  RETURN QUERY SELECT 'ok', to_jsonb(v_new), NULL::jsonb;
END $$;

-- What a room is to be told by a change of its product, each thing once in its life: minimum, filling (80 % of the places are
-- taken for good), tier:N. `noticed` keeps what was told. The end is told by write_product, the last hour by tell_hour.
-- What was reached before the change is not news.
CREATE OR REPLACE FUNCTION trade.due_notices(p_old trade.products, p_new trade.products) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_before integer := trade.counted(p_old);
  v_now integer := trade.counted(p_new);
  v_tier integer;
  v_due text[] := '{}';
BEGIN
  IF NOT p_new.notices OR p_new.status <> 'RECRUITING' THEN
    RETURN v_due;
  END IF;
  -- One is reached by the first who comes: that is no news.
  IF v_now >= p_new.min_participants AND v_before < p_old.min_participants AND p_new.min_participants > 1 THEN
    v_due := v_due || 'minimum'::text;
  END IF;
  IF p_new.price_tiers <> '[]' AND v_now > v_before THEN
    SELECT max((t ->> 'minParticipants')::integer) INTO v_tier FROM jsonb_array_elements(p_new.price_tiers) AS t
    WHERE (t ->> 'minParticipants')::integer > v_before AND (t ->> 'minParticipants')::integer <= v_now;
    IF v_tier IS NOT NULL THEN
      v_due := v_due || ('tier:' || v_tier);
    END IF;
  END IF;
  IF v_now::bigint * 5 >= p_new.max_participants::bigint * 4 AND v_before::bigint * 5 < p_old.max_participants::bigint * 4 THEN
    v_due := v_due || 'filling'::text;
  END IF;
  RETURN ARRAY(SELECT d.name FROM unnest(v_due) WITH ORDINALITY AS d (name, n)
    WHERE NOT d.name = ANY (p_new.noticed) ORDER BY d.n);
END $$;

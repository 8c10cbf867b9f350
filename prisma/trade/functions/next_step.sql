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

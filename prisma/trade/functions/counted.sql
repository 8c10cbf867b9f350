-- How many people count: for the tiers, the minimum and the end by the cap. With payment, those whose payment is authorised.
CREATE OR REPLACE FUNCTION trade.counted(p trade.products) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p.payment = 'NONE' THEN p.participant_count ELSE p.authorized_count END
$$;

-- What everybody pays for one when `p_count` people count: the last step that they reach, else the base. Amounts fall.
CREATE OR REPLACE FUNCTION trade.tier_amount(p_base bigint, p_tiers jsonb, p_count integer) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(min((t ->> 'amount')::bigint), p_base)
  FROM jsonb_array_elements(p_tiers) AS t WHERE (t ->> 'minParticipants')::integer <= p_count
$$;

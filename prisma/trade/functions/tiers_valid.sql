-- Whether these are at most ten steps down from the base: more people each, from two on, and a lower amount each.
CREATE OR REPLACE FUNCTION trade.tiers_valid(p_base bigint, p_tiers jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT count(*) <= 10 AND coalesce(bool_and(coalesce(s.people > s.fewer AND s.amount BETWEEN 0 AND s.dearer - 1, false)), true)
  FROM (
    SELECT (t.step ->> 'minParticipants')::integer AS people, (t.step ->> 'amount')::bigint AS amount,
      lag((t.step ->> 'minParticipants')::integer, 1, 1) OVER w AS fewer,
      lag((t.step ->> 'amount')::bigint, 1, p_base) OVER w AS dearer
    FROM jsonb_array_elements(p_tiers) WITH ORDINALITY AS t (step, n) WINDOW w AS (ORDER BY t.n)
  ) s
$$;

-- The pairs of neighbouring characters of a text, for the index of searches: trigrams of pg_trgm have nothing of Korean where
-- LC_CTYPE is C, and nothing of two characters anywhere. Dear, since rows that are read are asked all else first.
CREATE OR REPLACE FUNCTION trade.pairs_of(p_text text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
  SELECT coalesce(array_agg(DISTINCT c.one || c.next), '{}') FROM (
    SELECT t.one, lead(t.one) OVER (ORDER BY t.n) AS next
    FROM string_to_table(p_text, NULL) WITH ORDINALITY AS t (one, n)
  ) c WHERE c.next IS NOT NULL
$$;

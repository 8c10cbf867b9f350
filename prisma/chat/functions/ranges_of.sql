-- Positions, ascending, as ranges, each of its first and its last: [[1, 3], [7, 7]].
CREATE OR REPLACE FUNCTION chat.ranges_of(seqs BIGINT[]) RETURNS JSONB
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(g.first, g.last) ORDER BY g.first), '[]') FROM (
    SELECT min(i.seq) AS first, max(i.seq) AS last
    FROM (SELECT u.seq, u.seq - row_number() OVER (ORDER BY u.seq) AS run FROM unnest(seqs) u (seq)) i
    GROUP BY i.run) g;
$$;

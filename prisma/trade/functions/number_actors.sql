-- Up to `p_limit` rows of the audit that name a person by his id name him by his number from now on. Says how many.
CREATE OR REPLACE FUNCTION trade.number_actors(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_done integer;
BEGIN
  WITH named AS MATERIALIZED (
    SELECT a.id, a.actor FROM trade.audit a WHERE a.actor IS NOT NULL ORDER BY a.id LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ), numbers AS MATERIALIZED (
    SELECT n.actor, trade.person_of(n.actor) AS number
    FROM (SELECT DISTINCT actor FROM named ORDER BY actor) n
  )
  UPDATE trade.audit a SET person = p.number, actor = NULL
  FROM named n JOIN numbers p ON p.actor = n.actor WHERE a.id = n.id;
  GET DIAGNOSTICS v_done = ROW_COUNT;
  RETURN v_done;
END $$;

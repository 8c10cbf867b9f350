-- What stands for somebody who was erased, where his tokens stay refused: who knows his id finds it, and nobody makes the id of it
-- who has not the key.
CREATE OR REPLACE FUNCTION trade.mark_of(p_user text) RETURNS text
LANGUAGE sql STABLE
  RETURN (SELECT encode(sha256(k.key || convert_to(p_user, 'UTF8')), 'hex') FROM trade.mark_keys k);

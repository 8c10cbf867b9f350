-- The number that stands for a user in the audit; made when he first does something.
CREATE OR REPLACE FUNCTION trade.person_of(p_user text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_number bigint;
BEGIN
  IF p_user IS NULL THEN RETURN NULL; END IF;
  SELECT number INTO v_number FROM trade.people WHERE user_id = p_user;
  IF v_number IS NULL THEN
    INSERT INTO trade.people AS p (user_id) VALUES (p_user)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING p.number INTO v_number;
  END IF;
  RETURN v_number;
END $$;

-- Of the trigger `products_ended_stay_ended`: a promise that no function may break by mistake.
CREATE OR REPLACE FUNCTION trade.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$;

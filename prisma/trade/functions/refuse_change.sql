-- Of the triggers `audit_append_only` and `products_ended_stay_ended`: two promises that no function may break by
-- mistake.
CREATE OR REPLACE FUNCTION trade.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$;

-- Of the trigger `audit_append_only`. One change of a row there is: a name becomes the number that stands for it. Rows go only
-- with their product, by `retire_product`, which names it in a setting of its transaction.
CREATE OR REPLACE FUNCTION trade.keep_audit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.product_id = current_setting('trade.retiring', true) THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.actor IS NOT NULL AND NEW.actor IS NULL AND NEW.person IS NOT NULL
    AND to_jsonb(NEW) - 'actor' - 'person' = to_jsonb(OLD) - 'actor' - 'person' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME;
END $$;

-- One row of the audit of moderation, in the transaction of the act.
CREATE OR REPLACE FUNCTION trade.note_moderation(p_act TEXT, p_product TEXT, p_user TEXT, p_by TEXT, p_detail JSONB)
RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO trade.moderations (act, product_id, user_id, by_user_id, detail)
  VALUES (p_act, p_product, p_user, p_by, jsonb_strip_nulls(p_detail));
$$;

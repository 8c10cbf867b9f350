-- One row of the audit of moderation, in the transaction of the act.
CREATE OR REPLACE FUNCTION chat.note_moderation(p_act TEXT, p_room TEXT, p_user TEXT, p_by TEXT, p_detail JSONB)
RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO chat.moderations (act, room_id, user_id, by_user_id, detail)
  VALUES (p_act, p_room, p_user, p_by, jsonb_strip_nulls(p_detail));
$$;

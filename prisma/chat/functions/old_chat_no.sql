-- The newest message of a room that is `p_after_s` seconds old, as a `chat_no`; null: there is none.
CREATE OR REPLACE FUNCTION chat.old_chat_no(p_room TEXT, p_after_s INTEGER) RETURNS BIGINT
LANGUAGE sql STABLE AS $$
  -- From the newest back: what is younger is passed over, and not more.
  SELECT m.chat_no FROM chat.messages m
  WHERE m.room_id = p_room AND m.created_at <= clock_timestamp() - p_after_s * interval '1 second'
  ORDER BY m.seq DESC LIMIT 1
$$;

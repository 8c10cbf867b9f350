-- Takes away whom a message mentions, but for what the message itself says of it. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.clear_mentions(m chat.messages) RETURNS VOID
LANGUAGE sql AS $$
  DELETE FROM chat.mentions n
  WHERE n.room_id = m.room_id AND n.seq = m.seq AND n.user_id = ANY (array_append(m.mentions, ''));
$$;

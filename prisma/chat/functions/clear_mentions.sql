-- Takes away whom a message mentions (`p_users`, and all), but for what the message itself says of it. The caller holds the room's
-- lock.
CREATE OR REPLACE FUNCTION chat.clear_mentions(p_room TEXT, p_seq BIGINT, p_users TEXT[]) RETURNS VOID
LANGUAGE sql AS $$
  DELETE FROM chat.mentions n
  WHERE n.room_id = p_room AND n.seq = p_seq AND n.user_id = ANY (array_append(p_users, ''));
$$;

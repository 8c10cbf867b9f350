-- The files of a message (`p_seq`), or of a whole room (null), are to be removed: their names go at once.
CREATE OR REPLACE FUNCTION chat.drop_files(p_room TEXT, p_seq BIGINT) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET state = 'GONE', name = '', attachment = NULL
  WHERE u.room_id = p_room AND u.state <> 'GONE' AND (p_seq IS NULL OR u.seq = p_seq);
$$;

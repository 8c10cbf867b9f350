-- The messages after a position that mention a user, or all: their positions, the newest thousand.
CREATE OR REPLACE FUNCTION chat.mentions_after(p_room TEXT, p_user TEXT, p_seq BIGINT) RETURNS BIGINT[]
LANGUAGE sql STABLE
  RETURN ARRAY(
    SELECT n.seq FROM chat.mentions n WHERE n.room_id = p_room AND n.user_id = p_user AND n.seq > p_seq
    UNION SELECT n.seq FROM chat.mentions n WHERE n.room_id = p_room AND n.user_id = '' AND n.seq > p_seq
    ORDER BY 1 DESC LIMIT 1000);

-- Whether webhooks are to hear that a member has not read a message: a buyer or the host who is there, and of whom they were not told
-- since he read last. `p_old`: the newest message that is old enough, as a `chat_no`; null: there is none.
CREATE OR REPLACE FUNCTION chat.is_absent(b chat.members, p_old BIGINT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
  RETURN (b.host OR b.committed) AND chat.is_present(b.left_at) AND b.last_read_chat_no < p_old
    AND (b.told_read_chat_no IS NULL OR b.told_read_chat_no < b.last_read_chat_no);

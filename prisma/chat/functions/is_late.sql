-- Whether what a service tells of somebody is of before he was erased: his tokens are still refused, and nothing in any room is of
-- himself, as it is once he is back with a new token (he read, or talked). The caller holds his lock (`erase_late`), or erases him.
CREATE OR REPLACE FUNCTION chat.is_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (
    SELECT FROM chat.bars b WHERE b.erased AND b.revoked_at IS NOT NULL AND b.user_id = chat.mark_of(p_user)
  ) AND NOT EXISTS (
    SELECT FROM chat.members m
    WHERE m.user_id = p_user AND (m.last_sent_at IS NOT NULL OR m.last_read_seq >= m.joined_seq));

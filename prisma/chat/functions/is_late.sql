-- Whether what is told of somebody is of before he was erased: his tokens are still refused, and none that is newer was let in
-- (`welcome_back`). The caller holds his lock (`erase_late`), or erases him.
CREATE OR REPLACE FUNCTION chat.is_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (
    SELECT FROM chat.bars b
    WHERE b.erased AND b.revoked_at IS NOT NULL AND NOT b.returned AND b.user_id = chat.mark_of(p_user));

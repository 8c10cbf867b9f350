-- A token of somebody was let in that was issued after his tokens were revoked, at `p_issued_s` (seconds of 1970): what he does counts
-- from now on as that of somebody who is back, also where he was erased in between.
CREATE OR REPLACE FUNCTION chat.welcome_back(p_user TEXT, p_issued_s BIGINT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  -- As in bar_user.
  LOCK TABLE chat.bars IN SHARE ROW EXCLUSIVE MODE;
  UPDATE chat.bars o SET returned = true, changed_at = clock_timestamp(),
    version = (SELECT max(b.version) FROM chat.bars b) + 1
  WHERE (NOT o.erased AND o.user_id = p_user OR o.erased AND o.user_id = chat.mark_of(p_user))
    AND o.revoked_at < p_issued_s AND NOT o.returned;
END $$;

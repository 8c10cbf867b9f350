-- A user's tokens stay refused as they are, and his mark stands in the place of his id.
CREATE OR REPLACE FUNCTION chat.mark_bar(p_user TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  v BIGINT;
BEGIN
  -- As in bar_user.
  LOCK TABLE chat.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM chat.bars o), 0) + 1;
  INSERT INTO chat.bars AS o (user_id, version, blocked, until, revoked_at, erased, returned)
  SELECT chat.mark_of(p_user), v, b.blocked, b.until, b.revoked_at, true, b.returned FROM chat.bars b WHERE b.user_id = p_user
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp(), blocked = excluded.blocked,
    until = excluded.until, revoked_at = greatest(o.revoked_at, excluded.revoked_at),
    returned = excluded.returned;
  DELETE FROM chat.bars b WHERE b.user_id = p_user;
END $$;

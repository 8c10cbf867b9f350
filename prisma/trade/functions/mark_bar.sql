-- A user's tokens stay refused as they are, and his mark stands in the place of his id.
CREATE OR REPLACE FUNCTION trade.mark_bar(p_user text) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  v bigint;
BEGIN
  -- As in bar_user.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM trade.bars o), 0) + 1;
  INSERT INTO trade.bars AS o (user_id, version, blocked, until, revoked_at, erased, returned)
  SELECT trade.mark_of(p_user), v, b.blocked, b.until, b.revoked_at, true, b.returned FROM trade.bars b WHERE b.user_id = p_user
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp(), blocked = excluded.blocked,
    until = excluded.until, revoked_at = greatest(o.revoked_at, excluded.revoked_at),
    returned = excluded.returned;
  DELETE FROM trade.bars b WHERE b.user_id = p_user;
END $$;

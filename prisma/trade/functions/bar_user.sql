-- Refuses a user's tokens, or takes that away. `p_act`: block, unblock, revoke (those issued up to this second), unrevoke.
-- Outcomes: changed, UNTIL_PASSED.
CREATE OR REPLACE FUNCTION trade.bar_user(p_user TEXT, p_act TEXT, p_until TIMESTAMPTZ, p_reason TEXT, p_by TEXT)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  b trade.bars;
  v BIGINT;
BEGIN
  IF p_until <= clock_timestamp() THEN RETURN jsonb_build_object('outcome', 'UNTIL_PASSED'); END IF;
  -- Before that of the table, as where an erasure ends.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('trade.erasures:' || p_by, 0));
  -- One after the other, and in the order of versions: who reads what is newer than one of them misses none.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM trade.bars o), 0) + 1;
  -- Every instance has heard of these.
  DELETE FROM trade.bars o WHERE o.revoked_at IS NULL AND o.changed_at < clock_timestamp() - interval '1 day'
    AND (NOT o.blocked OR o.until < clock_timestamp() - interval '1 day');
  IF p_act LIKE 'un%' THEN
    -- Of somebody who was erased it stands by his mark.
    INSERT INTO trade.bars (user_id, version, blocked, until, revoked_at)
    SELECT p_user, v, o.blocked, o.until, o.revoked_at FROM trade.bars o
    WHERE o.erased AND o.user_id = trade.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL)
    ON CONFLICT DO NOTHING;
    UPDATE trade.bars o SET version = v, changed_at = clock_timestamp(), blocked = false, until = NULL, revoked_at = NULL
    WHERE o.erased AND o.user_id = trade.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL);
  END IF;
  INSERT INTO trade.bars AS o (user_id, version) VALUES (p_user, v)
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp();
  UPDATE trade.bars o SET by_user_id = p_by,
    blocked = CASE p_act WHEN 'block' THEN true WHEN 'unblock' THEN false ELSE o.blocked END,
    until = CASE p_act WHEN 'block' THEN p_until WHEN 'unblock' THEN NULL ELSE o.until END,
    reason = CASE p_act WHEN 'block' THEN p_reason WHEN 'unblock' THEN NULL ELSE o.reason END,
    revoked_at = CASE p_act WHEN 'revoke' THEN floor(extract(epoch FROM clock_timestamp()))::BIGINT
      WHEN 'unrevoke' THEN NULL ELSE o.revoked_at END,
    returned = o.returned AND p_act <> 'revoke'
  WHERE o.user_id = p_user RETURNING * INTO b;
  PERFORM trade.note_moderation('user.' || p_act, NULL, p_user, p_by,
    jsonb_build_object('until', trade.iso(p_until), 'reason', p_reason));
  RETURN jsonb_build_object('outcome', 'changed', 'bar', trade.bar_json(b));
END $$;

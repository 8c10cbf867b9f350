-- CreateTable
CREATE TABLE "bars" (
    "user_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "until" TIMESTAMPTZ(3),
    "reason" TEXT,
    "revoked_at" BIGINT,
    "by_user_id" TEXT,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "bars_pkey" PRIMARY KEY ("user_id")
);

-- CreateIndex
CREATE INDEX "bars_version_idx" ON "bars"("version");

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
  -- One after the other, and in the order of versions: who reads what is newer than one of them misses none.
  LOCK TABLE trade.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM trade.bars o), 0) + 1;
  -- Every instance has heard of these.
  DELETE FROM trade.bars o WHERE o.revoked_at IS NULL AND o.changed_at < clock_timestamp() - interval '1 day'
    AND (NOT o.blocked OR o.until < clock_timestamp() - interval '1 day');
  INSERT INTO trade.bars AS o (user_id, version) VALUES (p_user, v)
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp();
  UPDATE trade.bars o SET by_user_id = p_by,
    blocked = CASE p_act WHEN 'block' THEN true WHEN 'unblock' THEN false ELSE o.blocked END,
    until = CASE p_act WHEN 'block' THEN p_until WHEN 'unblock' THEN NULL ELSE o.until END,
    reason = CASE p_act WHEN 'block' THEN p_reason WHEN 'unblock' THEN NULL ELSE o.reason END,
    revoked_at = CASE p_act WHEN 'revoke' THEN floor(extract(epoch FROM clock_timestamp()))::BIGINT
      WHEN 'unrevoke' THEN NULL ELSE o.revoked_at END
  WHERE o.user_id = p_user RETURNING * INTO b;
  RETURN jsonb_build_object('outcome', 'changed', 'bar', trade.bar_json(b));
END $$;

-- How a user's tokens are refused, as the wire shows it to those who may see it. A block that has run out is none.
CREATE OR REPLACE FUNCTION trade.bar_json(b trade.bars) RETURNS JSONB
LANGUAGE sql VOLATILE
  RETURN jsonb_build_object(
    'userId', b.user_id,
    'block', CASE WHEN b.blocked AND (b.until IS NULL OR b.until > clock_timestamp())
      THEN jsonb_build_object('until', trade.iso(b.until), 'reason', b.reason) END,
    'revokedAt', trade.iso(to_timestamp(b.revoked_at)));

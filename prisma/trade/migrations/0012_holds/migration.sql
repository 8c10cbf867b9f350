-- CreateTable
CREATE TABLE "moderations" (
    "id" BIGSERIAL NOT NULL,
    "act" TEXT NOT NULL,
    "product_id" TEXT,
    "user_id" TEXT,
    "by_user_id" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "moderations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "holds" (
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "reason" TEXT,
    "by_user_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "holds_pkey" PRIMARY KEY ("kind","id")
);

-- CreateIndex
CREATE INDEX "moderations_user_id_id_idx" ON "moderations"("user_id", "id");

-- CreateIndex
CREATE INDEX "moderations_product_id_id_idx" ON "moderations"("product_id", "id");

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
  PERFORM trade.note_moderation('user.' || p_act, NULL, p_user, p_by,
    jsonb_build_object('until', trade.iso(p_until), 'reason', p_reason));
  RETURN jsonb_build_object('outcome', 'changed', 'bar', trade.bar_json(b));
END $$;

-- Marks a product or a user as held for a legal reason (`p_kind`: PRODUCT, USER), or takes that away. What is held is exempt from
-- retention and erasure: see `is_held`. Outcomes: changed, same, NOT_FOUND (no such product).
CREATE OR REPLACE FUNCTION trade.hold(p_kind TEXT, p_id TEXT, p_on BOOLEAN, p_reason TEXT, p_by TEXT) RETURNS TEXT
LANGUAGE plpgsql AS $$
DECLARE
  done BOOLEAN;
BEGIN
  IF p_kind = 'PRODUCT' THEN
    -- Who removes something of the product has its lock: from the commit on, nothing goes.
    PERFORM 1 FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND AND p_on THEN RETURN 'NOT_FOUND'; END IF;
  END IF;
  IF p_on THEN
    INSERT INTO trade.holds AS h (kind, id, reason, by_user_id) VALUES (p_kind, p_id, p_reason, p_by)
    ON CONFLICT (kind, id) DO UPDATE SET reason = p_reason, by_user_id = p_by
      WHERE h.reason IS DISTINCT FROM p_reason;
  ELSE
    DELETE FROM trade.holds WHERE kind = p_kind AND id = p_id;
  END IF;
  done := FOUND;
  IF NOT done THEN RETURN 'same'; END IF;
  PERFORM trade.note_moderation(lower(p_kind) || CASE WHEN p_on THEN '.held' ELSE '.released' END,
    CASE p_kind WHEN 'PRODUCT' THEN p_id END, CASE p_kind WHEN 'USER' THEN p_id END, p_by,
    jsonb_build_object('reason', p_reason));
  RETURN 'changed';
END $$;

-- Whether a product (p_kind PRODUCT) or a user (USER) is held for a legal reason. Whoever removes or erases for good asks this in the
-- transaction that does it, under the product's lock where it is a product, and leaves what is held as it is.
CREATE OR REPLACE FUNCTION trade.is_held(p_kind TEXT, p_id TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM trade.holds h WHERE h.kind = p_kind AND h.id = p_id);

-- One row of the audit of moderation, in the transaction of the act.
CREATE OR REPLACE FUNCTION trade.note_moderation(p_act TEXT, p_product TEXT, p_user TEXT, p_by TEXT, p_detail JSONB)
RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO trade.moderations (act, product_id, user_id, by_user_id, detail)
  VALUES (p_act, p_product, p_user, p_by, jsonb_strip_nulls(p_detail));
$$;

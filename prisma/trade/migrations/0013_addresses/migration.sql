-- CreateTable
CREATE TABLE "addresses" (
    "product_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "addresses_pkey" PRIMARY KEY ("product_id","user_id")
);

-- CreateTable
CREATE TABLE "address_reads" (
    "product_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "reader_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "address_reads_pkey" PRIMARY KEY ("product_id","user_id","reader_id")
);

-- CreateTable
CREATE TABLE "address_keys" (
    "id" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,

    CONSTRAINT "address_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "addresses_key_id_product_id_user_id_idx" ON "addresses"("key_id", "product_id", "user_id");

-- CreateIndex
CREATE INDEX "address_reads_reader_id_idx" ON "address_reads"("reader_id");

-- AddForeignKey
ALTER TABLE "addresses" ADD CONSTRAINT "addresses_product_id_user_id_fkey" FOREIGN KEY ("product_id", "user_id") REFERENCES "participations"("product_id", "user_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "address_reads" ADD CONSTRAINT "address_reads_product_id_user_id_fkey" FOREIGN KEY ("product_id", "user_id") REFERENCES "addresses"("product_id", "user_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A page of a closed product's buyers with their sealed addresses, oldest purchase first, and the note for each of them
-- that it was read; one row more than `p_limit`, not noted, where there is more. `p_format`: what the audit says of it; null: of a page that goes on another that it has said.
-- `p_keys`: the ids of all keys that the service has.
-- Outcomes: ok, not_found, forbidden, not_closed, unknown_key.
CREATE OR REPLACE FUNCTION trade.read_addresses(
  p_id text, p_reader text, p_admin boolean, p_after timestamptz, p_after_user text, p_limit integer, p_keys text[],
  p_format text, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, rows jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_rows jsonb;
  v_users text[];
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::jsonb;
    RETURN;
  END IF;
  v_product := trade.settle(v_product, p_origin);
  IF v_product.seller_id <> p_reader AND NOT p_admin THEN
    RETURN QUERY SELECT 'forbidden', to_jsonb(v_product), NULL::jsonb;
  ELSIF v_product.status <> 'CLOSED' THEN
    RETURN QUERY SELECT 'not_closed', to_jsonb(v_product), NULL::jsonb;
  ELSIF EXISTS (SELECT 1 FROM trade.addresses a WHERE a.product_id = p_id AND a.key_id <> ALL (p_keys)) THEN
    RETURN QUERY SELECT 'unknown_key', to_jsonb(v_product), NULL::jsonb;
  ELSE
    SELECT coalesce(jsonb_agg(page.line ORDER BY page.at, page.buyer), '[]'),
      coalesce(array_agg(page.buyer) FILTER (WHERE page.has AND page.place <= p_limit), '{}')
    INTO v_rows, v_users
    FROM (
      SELECT s.joined_at AS at, s.user_id AS buyer, a.user_id IS NOT NULL AS has,
        row_number() OVER (ORDER BY s.joined_at, s.user_id) AS place,
        to_jsonb(s) || jsonb_build_object('key_id', a.key_id, 'sealed', encode(a.sealed, 'base64')) AS line
      FROM trade.participations s
      LEFT JOIN trade.addresses a ON a.product_id = s.product_id AND a.user_id = s.user_id
      WHERE s.product_id = p_id AND (p_after IS NULL OR (s.joined_at, s.user_id) > (p_after, p_after_user))
      ORDER BY s.joined_at, s.user_id LIMIT p_limit + 1
    ) page;
    INSERT INTO trade.address_reads AS r (product_id, user_id, reader_id, at)
    SELECT p_id, buyer, p_reader, trade.instant() FROM unnest(v_users) AS buyer
    ON CONFLICT (product_id, user_id, reader_id) DO UPDATE SET at = excluded.at;
    IF p_format IS NOT NULL THEN
      PERFORM trade.record_audit(v_product, 'addresses.read', p_reader, v_product.status, NULL,
        jsonb_build_object('format', p_format), p_origin);
    END IF;
    RETURN QUERY SELECT 'ok', to_jsonb(v_product), v_rows;
  END IF;
END $$;

-- Where a purchase is sent, sealed. While the product recruits it may be changed; who bought and gave none may do so
-- after the product has closed too: the purchase that fills it closes it.
-- `p_keys`: the ids of all keys that the service has.
-- Outcomes: ok, not_found, seller, absent, ended, wrong_key (another one has that id), unknown_key (sealed what is there).
CREATE OR REPLACE FUNCTION trade.save_address(
  p_id text, p_user text, p_key text, p_fingerprint text, p_keys text[], p_sealed bytea, p_origin jsonb
) RETURNS TABLE (outcome text, product jsonb, written_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  v_product trade.products;
  v_before trade.addresses;
  v_at timestamptz;
BEGIN
  SELECT * INTO v_product FROM trade.products WHERE id = p_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'not_found', NULL::jsonb, NULL::timestamptz;
    RETURN;
  END IF;
  v_product := trade.settle(v_product, p_origin);
  SELECT * INTO v_before FROM trade.addresses a WHERE a.product_id = p_id AND a.user_id = p_user;
  IF v_product.seller_id = p_user THEN
    RETURN QUERY SELECT 'seller', to_jsonb(v_product), NULL::timestamptz;
  ELSIF NOT EXISTS (SELECT 1 FROM trade.participations s WHERE s.product_id = p_id AND s.user_id = p_user) THEN
    RETURN QUERY SELECT 'absent', to_jsonb(v_product), NULL::timestamptz;
  ELSIF v_before.sealed = p_sealed THEN
    -- Asked again by who did not hear the answer: no two are sealed alike.
    RETURN QUERY SELECT 'ok', to_jsonb(v_product), v_before.updated_at;
  ELSIF v_product.status = 'CANCELLED' OR (v_product.status <> 'RECRUITING' AND v_before.user_id IS NOT NULL) THEN
    RETURN QUERY SELECT 'ended', to_jsonb(v_product), NULL::timestamptz;
  ELSIF v_before.user_id IS NOT NULL AND v_before.key_id <> ALL (p_keys) THEN
    RETURN QUERY SELECT 'unknown_key', to_jsonb(v_product), NULL::timestamptz;
  ELSE
    INSERT INTO trade.address_keys (id, fingerprint) VALUES (p_key, p_fingerprint) ON CONFLICT DO NOTHING;
    IF (SELECT k.fingerprint FROM trade.address_keys k WHERE k.id = p_key) <> p_fingerprint THEN
      RETURN QUERY SELECT 'wrong_key', to_jsonb(v_product), NULL::timestamptz;
      RETURN;
    END IF;
    INSERT INTO trade.addresses AS a (product_id, user_id, key_id, sealed, updated_at)
    VALUES (p_id, p_user, p_key, p_sealed, trade.instant())
    ON CONFLICT (product_id, user_id) DO UPDATE
      SET key_id = excluded.key_id, sealed = excluded.sealed, updated_at = excluded.updated_at
    RETURNING a.updated_at INTO v_at;
    RETURN QUERY SELECT 'ok', to_jsonb(v_product), v_at;
  END IF;
END $$;

-- IF NOT EXISTS: who has a large table makes them beforehand by CREATE INDEX CONCURRENTLY; see docs/operations.md.
-- CreateIndex
CREATE INDEX IF NOT EXISTS "products_deadline_id_idx" ON "products"("deadline", "id");

-- CreateIndex
CREATE INDEX IF NOT EXISTS "products_seller_id_deadline_id_idx" ON "products"("seller_id", "deadline", "id");

-- The newest notice of a room that is not deleted, which a page of a product shows, without reading the room for it.
-- IF NOT EXISTS: who has a large table makes it beforehand by CREATE INDEX CONCURRENTLY; see docs/operations.md.
CREATE INDEX IF NOT EXISTS "messages_notices_idx" ON "messages" ("room_id", "seq")
  WHERE "kind" = 'NOTIFICATION' AND "deleted_at" IS NULL;

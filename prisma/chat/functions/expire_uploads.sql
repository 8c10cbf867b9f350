-- Gives up what nobody completed within an hour, what no message took within a day, and what was held for reports that are
-- no more; and forgets what has long been removed. At most `p_limit` of each; whether there may be more. Waits for nobody.
CREATE OR REPLACE FUNCTION chat.expire_uploads(p_limit INTEGER) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
DECLARE
  stamp TIMESTAMPTZ := clock_timestamp();
  given_up INTEGER;
  forgotten INTEGER;
BEGIN
  WITH due AS (
    SELECT u.upload_id FROM chat.uploads u
    WHERE u.state = 'PENDING' AND u.created_at < stamp - interval '1 hour'
      OR u.state = 'READY' AND u.created_at < stamp - interval '1 day'
      OR u.state = 'HELD' AND NOT EXISTS (
        SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq
          AND p.message -> 'attachments' @> jsonb_build_array(jsonb_build_object('id', u.upload_id)))
    LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  UPDATE chat.uploads u SET state = 'GONE', name = '', attachment = NULL FROM due WHERE u.upload_id = due.upload_id;
  GET DIAGNOSTICS given_up = ROW_COUNT;
  WITH due AS (
    SELECT u.upload_id FROM chat.uploads u
    WHERE u.state = 'GONE' AND u.removed_at IS NOT NULL AND u.created_at < stamp - interval '1 hour'
    LIMIT p_limit FOR UPDATE SKIP LOCKED
  )
  DELETE FROM chat.uploads u USING due WHERE u.upload_id = due.upload_id;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN greatest(given_up, forgotten) >= p_limit;
END $$;

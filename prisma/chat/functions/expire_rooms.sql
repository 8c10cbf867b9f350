-- Ends ACTIVE rooms past their deadline, by the database's clock. SKIP LOCKED: one winner among instances. Provisional:
-- trade has the last word.
CREATE OR REPLACE FUNCTION chat.expire_rooms(p_limit INTEGER) RETURNS SETOF JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  FOR r IN
    SELECT * FROM chat.rooms WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    since := r.last_seq;
    r := chat.end_room(
      r, CASE WHEN r.committed_count >= coalesce(r.min_participants, 0) THEN 'CLOSED' ELSE 'CANCELLED' END,
      'EXPIRED', true);
    RETURN NEXT chat.room_change('changed', r, since, NULL);
  END LOOP;
END $$;

-- Ends ACTIVE rooms past their deadline, by the database's clock. SKIP LOCKED: one winner among instances. In the order of
-- their ids, which is that of all locks. A room that can't be ended now, because somebody has locked its members or for a
-- fault of its own, keeps none of the others waiting. Provisional: trade has the last word. At most `p_limit` rooms, and
-- fewer when their ends are many rows: the rest is for the next call.
CREATE OR REPLACE FUNCTION chat.expire_rooms(p_limit INTEGER) RETURNS SETOF JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  due TEXT[];
  r chat.rooms;
  since BIGINT;
  told BIGINT := 0;
BEGIN
  SELECT array_agg(d.room_id ORDER BY d.room_id) INTO due FROM (
    SELECT room_id FROM chat.rooms WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) d;
  FOR r IN
    -- A statement of its own: it sees the rooms as they were locked.
    SELECT * FROM chat.rooms WHERE room_id = ANY (due) ORDER BY room_id
  LOOP
    since := r.last_seq;
    BEGIN
      r := chat.end_room(
        r, CASE WHEN r.committed_count >= coalesce(r.min_participants, 0) THEN 'CLOSED' ELSE 'CANCELLED' END,
        'EXPIRED', true);
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'room % was not ended: %', r.room_id, SQLERRM;
      CONTINUE;
    END;
    RETURN NEXT chat.room_change('changed', r, since, NULL);
    told := told + r.last_seq - since;
    EXIT WHEN told >= 500;
  END LOOP;
END $$;

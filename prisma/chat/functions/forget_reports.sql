-- Removes reports, with their copies, that ended so many days ago, a portion at a time; none of a room or of a user that is
-- held. Returns how many rows went. Then keys of rooms that are no more, which no report needs any longer.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
      AND NOT EXISTS (SELECT FROM chat.holds h WHERE h.kind = 'ROOM' AND h.id = p.room_id
        OR h.kind = 'USER' AND h.id IN (p.message #>> '{sender,userId}', p.reporter_id))
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  -- By what is there, not by what went here: the last report of a room may have gone elsewhere, or by an erasure.
  DELETE FROM chat.room_keys WHERE key_no IN (
    SELECT k.key_no FROM chat.room_keys k
    WHERE NOT EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = k.room_id AND r.key_no = k.key_no)
      AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = k.room_id)
    LIMIT p_limit);
  RETURN gone;
END $$;

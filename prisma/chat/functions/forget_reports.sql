-- Removes reports, with their copies, that ended so many days ago, a portion at a time. Returns how many rows went. Of rooms
-- that are no more the keys go with their last report.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone TEXT[];
BEGIN
  WITH ended AS (DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING room_id)
  SELECT array_agg(e.room_id) INTO gone FROM ended e;
  DELETE FROM chat.room_keys k WHERE k.room_id = ANY (gone)
    AND NOT EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = k.room_id AND r.key_no = k.key_no)
    AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = k.room_id);
  RETURN coalesce(cardinality(gone), 0);
END $$;

-- Removes reports, with their copies, that ended so many days ago, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

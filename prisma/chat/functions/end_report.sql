-- Ends a report: RESOLVED or DISMISSED. One that has ended may get the other end. Null: there is none. `p_same`: who asks
-- has opened the resolution that stands sealed, `p_seen`, and says whether it is this note; the number 0 where that, or the key
-- that a resolution is sealed with (`p_key_no`, null: it is clear), is another one by now.
CREATE OR REPLACE FUNCTION chat.end_report(p_id BIGINT, p_status TEXT, p_note TEXT, p_by TEXT,
  p_same BOOLEAN DEFAULT NULL, p_seen TEXT DEFAULT NULL, p_key_no INTEGER DEFAULT NULL) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  p chat.reports;
BEGIN
  SELECT * INTO p FROM chat.reports WHERE report_id = p_id FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF p_same IS NOT NULL AND (p.resolution IS DISTINCT FROM p_seen OR p.key_no IS DISTINCT FROM p_key_no) THEN
    RETURN '0';
  END IF;
  IF p.status = p_status AND coalesce(p_same, p.resolution IS NOT DISTINCT FROM p_note) THEN RETURN chat.report_json(p); END IF;
  UPDATE chat.reports SET status = p_status, resolution = p_note, ended_by = p_by, ended_at = clock_timestamp()
  WHERE report_id = p_id RETURNING * INTO p;
  PERFORM chat.note_moderation('report.' || lower(p_status), p.room_id, p.message -> 'sender' ->> 'userId', p_by,
    jsonb_build_object('reportId', p_id, 'seq', p.seq));
  RETURN chat.report_json(p);
END $$;

-- A report as store/report-store.ts reads it.
CREATE OR REPLACE FUNCTION chat.report_json(p chat.reports) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('reportId', p.report_id::TEXT, 'roomId', p.room_id, 'seq', p.seq, 'reporterId', p.reporter_id,
    'reason', p.reason, 'note', p.note, 'status', p.status, 'message', p.message, 'createdAt', chat.iso(p.created_at),
    'endedAt', chat.iso(p.ended_at), 'endedBy', p.ended_by, 'resolution', p.resolution,
    'keyNo', p.key_no);

-- Reports a message, with a copy of it as it is: under the lock of the room, so that it is the whole one or none. The copy
-- names the message's files, whose bytes stay as long as it does (`drop_files`). Once a
-- user and message: the same again finds the first. Outcomes: created, same, NOT_FOUND (no such room), NOT_A_MEMBER, BANNED,
-- MESSAGE_NOT_FOUND, FORBIDDEN (a SYSTEM row, or an own message), MESSAGE_DELETED.
-- Texts of the copy are sealed as the message's are, by its `keyNo`; the note by `p_key_no` (STALE: not the room's any more).
CREATE OR REPLACE FUNCTION chat.report_message(p_room TEXT, p_seq BIGINT, p_user TEXT, p_reason TEXT, p_note TEXT,
  p_key_no INTEGER DEFAULT NULL)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  p chat.reports;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN
    RETURN jsonb_build_object('outcome', 'BANNED');
  END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  SELECT * INTO p FROM chat.reports o WHERE o.room_id = p_room AND o.seq = p_seq AND o.reporter_id = p_user AND NOT o.room_gone;
  IF FOUND THEN RETURN jsonb_build_object('outcome', 'same', 'report', chat.report_json(p)); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' OR m.sender_id = p_user THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_key_no <> coalesce(r.key_no, 0) THEN RETURN jsonb_build_object('outcome', 'STALE'); END IF;
  -- What is null in `data` is part of it.
  INSERT INTO chat.reports (room_id, seq, reporter_id, reason, note, key_no, message)
  VALUES (p_room, p_seq, p_user, p_reason, p_note, p_key_no, jsonb_build_object(
    'kind', m.kind, 'content', m.content, 'version', coalesce(m.version, m.seq), 'createdAt', chat.iso(m.created_at),
    'clientMessageId', m.client_message_id,
    'sender', CASE WHEN m.sender_id IS NOT NULL THEN jsonb_build_object(
      'userId', m.sender_id, 'nickname', m.sender_nickname, 'tag', m.sender_tag) END)
    || CASE WHEN m.key_no IS NULL THEN '{}' ELSE jsonb_build_object('keyNo', m.key_no) END
    || CASE WHEN m.data IS NULL THEN '{}' ELSE jsonb_build_object('data', m.data) END
    || CASE WHEN m.edited_at IS NULL THEN '{}' ELSE jsonb_build_object('editedAt', chat.iso(m.edited_at)) END
    || CASE WHEN m.attachments IS NULL THEN '{}' ELSE jsonb_build_object('attachments', m.attachments) END)
  RETURNING * INTO p;
  IF chat.wants_event('report.created') THEN
    -- No text, and nobody's id: who reported whom is read from the report, as long as there is one.
    INSERT INTO chat.webhook_events (room_id, type, report_id, data)
    VALUES (p_room, 'report.created', p.report_id, jsonb_build_object('reportId', p.report_id::TEXT, 'productId', r.product_id,
      'seq', p_seq, 'reason', p_reason, 'createdAt', chat.iso(p.created_at)));
  END IF;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
END $$;

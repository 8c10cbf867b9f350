-- Ends a membership: by the member (participant.left), or by the host or the service (participant.removed), after which
-- he stays out for `p_pause_s`; `p_by` did it, null is the service. Outcomes: left, absent, NOT_FOUND, FORBIDDEN, ROOM_READ_ONLY, and for a member who asks
-- himself RATE_LIMITED (`waitMs`). The first version has four parameters and knows no RATE_LIMITED.
CREATE OR REPLACE FUNCTION chat.leave_room(
  p_room TEXT, p_user TEXT, p_event TEXT, p_reason TEXT, p_pause_s INTEGER DEFAULT 600, p_limited BOOLEAN DEFAULT false,
  p_by TEXT DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  since BIGINT;
  wait_ms INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user AND chat.is_present(left_at);
  IF NOT FOUND THEN RETURN chat.room_change('absent', r, since, NULL); END IF;
  IF m.host THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF p_limited THEN
    wait_ms := chat.change_wait_ms(
      (SELECT d.changes FROM chat.departures d WHERE d.room_id = p_room AND d.user_id = p_user), m.joined_at);
    IF wait_ms > 0 THEN RETURN jsonb_build_object('outcome', 'RATE_LIMITED', 'waitMs', wait_ms); END IF;
  END IF;
  IF m.committed THEN
    UPDATE chat.members SET left_at = clock_timestamp() WHERE room_id = p_room AND user_id = p_user;
  ELSE
    DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
    IF m.anonymous THEN r.anonymous_count := r.anonymous_count - 1; END IF;
  END IF;
  PERFORM chat.note_departure(p_room, p_user, m.joined_at,
    CASE p_event WHEN 'participant.removed' THEN p_pause_s END, m.last_sent_at);
  IF p_event = 'participant.removed' THEN
    PERFORM chat.note_moderation(p_event, p_room, p_user, p_by, '{}');
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := chat.add_system(r, p_event,
    m.nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
    jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) || jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('left', r, since, chat.participant_json(m, false));
END $$;

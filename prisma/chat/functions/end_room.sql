-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row.
CREATE OR REPLACE FUNCTION chat.end_room(r chat.rooms, p_status TEXT, p_reason TEXT, p_provisional BOOLEAN)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  removed BIGINT;
BEGIN
  r.status := p_status;
  r.reason := p_reason;
  r.provisional := p_provisional;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := chat.add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', chat.room_json(r)));
  IF p_status = 'CLOSED' THEN
    PERFORM chat.lock_members(r.room_id);
    WITH gone AS (
      DELETE FROM chat.members m WHERE m.room_id = r.room_id AND NOT m.host AND NOT m.committed RETURNING m
    ), ordered AS (
      SELECT m, row_number() OVER (ORDER BY (m).joined_seq DESC) AS n FROM gone
    ), told AS (
      -- Each row counts down by one, so that the counters are those of the members at every step of the sequence.
      INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
      SELECT r.room_id, r.last_seq + n, r.last_chat_no, 'SYSTEM', (m).nickname || ' was removed',
        jsonb_build_object('event', 'participant.removed', 'participant', chat.participant_json(m, false),
          'reason', 'NOT_A_BUYER', 'participantCount', r.participant_count - n,
          'committedCount', r.committed_count), clock_timestamp()
      FROM ordered RETURNING 1
    )
    SELECT count(*) INTO removed FROM told;
    r.participant_count := r.participant_count - removed;
    r.last_seq := r.last_seq + removed;
  END IF;
  UPDATE chat.rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, last_seq = r.last_seq
  WHERE room_id = r.room_id;
  RETURN r;
END $$;

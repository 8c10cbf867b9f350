-- Ends the memberships of guests, in the order of the list, each with its own row, as `event` says. Returns the room
-- with its counters moved, which the caller writes. The caller holds the locks of the room and of its members.
CREATE OR REPLACE FUNCTION chat.end_memberships(r chat.rooms, p_users TEXT[], p_event TEXT, p_reason TEXT)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  ended BIGINT;
  anonymous BIGINT;
BEGIN
  -- Who comes back waits as he would have: what he said is too recent for slow mode, however his membership ended.
  PERFORM chat.note_departure(m.room_id, m.user_id, NULL, NULL, m.last_sent_at) FROM chat.members m
  WHERE m.room_id = r.room_id AND m.user_id = ANY (p_users) AND m.last_sent_at > clock_timestamp() - interval '1 hour';
  WITH listed AS MATERIALIZED (
    SELECT l.user_id, l.n FROM unnest(p_users) WITH ORDINALITY l (user_id, n)
  ), gone AS (
    DELETE FROM chat.members m USING listed l WHERE m.room_id = r.room_id AND m.user_id = l.user_id
    RETURNING m, l.n
  ), told AS (
    -- Each row counts down by one, so that the counters are those of the members at every step of the sequence.
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
    SELECT r.room_id, r.last_seq + n, r.last_chat_no, 'SYSTEM',
      (m).nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
      jsonb_build_object('event', p_event) || jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) ||
        jsonb_build_object('participant', chat.participant_json(m, false),
          'participantCount', r.participant_count - n, 'committedCount', r.committed_count),
      clock_timestamp()
    FROM gone RETURNING 1
  )
  SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM gone WHERE (m).anonymous) INTO ended, anonymous;
  r.participant_count := r.participant_count - ended;
  r.anonymous_count := r.anonymous_count - anonymous;
  r.last_seq := r.last_seq + ended;
  RETURN r;
END $$;

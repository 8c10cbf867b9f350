-- Writes the counters back; the end of every function that changed them.
CREATE OR REPLACE FUNCTION chat.save_counters(r chat.rooms) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.rooms SET last_seq = r.last_seq, participant_count = r.participant_count,
    anonymous_count = r.anonymous_count, committed_count = r.committed_count
  WHERE room_id = r.room_id;
$$;

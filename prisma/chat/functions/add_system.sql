-- Adds one SYSTEM row, and notes whom it names. The caller holds the lock and writes `last_seq` itself, as the returned number.
CREATE OR REPLACE FUNCTION chat.add_system(r chat.rooms, event TEXT, content TEXT, detail JSONB) RETURNS BIGINT
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', content,
          jsonb_build_object('event', event) || detail, clock_timestamp());
  PERFORM chat.note_author(r.room_id, coalesce(detail #>> '{participant,userId}', detail #>> '{user,userId}'));
  RETURN r.last_seq + 1;
END $$;

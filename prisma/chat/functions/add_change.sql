-- Adds one row of change about the message `p_seq`, with `detail` beside who did it. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.add_change(
  r chat.rooms, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, detail JSONB, stamp TIMESTAMPTZ
) RETURNS chat.messages
LANGUAGE plpgsql AS $$
DECLARE
  row_of_change chat.messages;
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, changes_seq, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM',
    coalesce(p_nickname, 'The service') || ' ' || CASE p_change WHEN 'reacted' THEN 'reacted to' ELSE p_change END
      || ' a message',
    jsonb_build_object('event', 'message.changed', 'change', p_change, 'by', CASE WHEN p_user IS NOT NULL THEN
      jsonb_build_object('userId', p_user, 'nickname', p_nickname, 'tag', p_tag) END) || detail,
    p_seq, stamp)
  RETURNING * INTO row_of_change;
  UPDATE chat.rooms SET last_seq = r.last_seq + 1 WHERE room_id = r.room_id;
  PERFORM chat.note_author(r.room_id, p_user);
  RETURN row_of_change;
END $$;

-- Adds one row of change about the message `p_seq`, with `detail` beside who did it. The answer is the row as `message_json` has it,
-- without what rows of change never have: a third of what that costs. The caller holds the room's lock, and has read where it
-- ends. `p_named`: who did it is a member, and was named as he became one.
CREATE OR REPLACE FUNCTION chat.add_change(
  p_room TEXT, p_last_seq BIGINT, p_last_chat_no BIGINT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT,
  p_named BOOLEAN, detail JSONB, p_stamp TIMESTAMPTZ
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  stamp CONSTANT TIMESTAMPTZ(3) := p_stamp;
  said CONSTANT TEXT := coalesce(p_nickname, 'The service') || ' '
    || CASE p_change WHEN 'reacted' THEN 'reacted to' ELSE p_change END || ' a message';
  told CONSTANT JSONB := jsonb_build_object('event', 'message.changed', 'change', p_change,
    'by', CASE WHEN p_user IS NOT NULL THEN
      jsonb_build_object('userId', p_user, 'nickname', p_nickname, 'tag', p_tag) END) || detail;
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, changes_seq, created_at)
  VALUES (p_room, p_last_seq + 1, p_last_chat_no, 'SYSTEM', said, told, p_seq, stamp);
  UPDATE chat.rooms SET last_seq = p_last_seq + 1 WHERE room_id = p_room;
  IF p_user IS NOT NULL AND NOT p_named THEN PERFORM chat.note_author(p_room, p_user); END IF;
  RETURN jsonb_build_object('roomId', p_room, 'seq', p_last_seq + 1, 'chatNo', p_last_chat_no, 'kind', 'SYSTEM',
    'senderId', NULL, 'clientMessageId', NULL, 'content', said, 'replyTo', NULL, 'data', told,
    'createdAt', chat.iso(stamp), 'change', jsonb_build_object('version', NULL, 'of', p_seq));
END $$;

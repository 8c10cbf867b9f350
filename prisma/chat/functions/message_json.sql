-- A row of a room's sequence as store/rows.ts reads it.
CREATE OR REPLACE FUNCTION chat.message_json(m chat.messages) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'signalType', m.signal_type,
    'createdAt', chat.iso(m.created_at));

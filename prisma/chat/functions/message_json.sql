-- A row of a room's sequence as store/rows.ts reads it. `change`: null but for a message that was changed or has files, and for a row of
-- change, whose target (`of`) is read where it is shown.
CREATE OR REPLACE FUNCTION chat.message_json(m chat.messages) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'signalType', m.signal_type,
    'createdAt', chat.iso(m.created_at), 'mentions', m.mentions, 'mentionsAll', m.mentions_all, 'masked', m.masked,
    'keyNo', m.key_no,
    'change', CASE WHEN m.version IS NOT NULL OR m.changes_seq IS NOT NULL OR m.attachments IS NOT NULL
      THEN jsonb_build_object(
      'version', m.version, 'editedAt', chat.iso(m.edited_at), 'deletedAt', chat.iso(m.deleted_at),
      'reactions', m.reactions, 'attachments', m.attachments, 'of', m.changes_seq) END);

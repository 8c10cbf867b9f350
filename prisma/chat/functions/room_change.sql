-- The answer of the functions that change a room: outcome, the room, its rows after `since`, and who was concerned.
CREATE OR REPLACE FUNCTION chat.room_change(outcome TEXT, r chat.rooms, since BIGINT, participant JSONB) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'outcome', outcome,
    'room', chat.room_json(r) || jsonb_build_object(
      'lastChatNo', r.last_chat_no, 'lastMentionSeq', r.last_mention_seq, 'epoch', r.epoch,
      'firstSeq', r.first_seq, 'goneChatNo', r.gone_chat_no),
    'participant', participant,
    'messages', (SELECT coalesce(jsonb_agg(chat.message_json(m) ORDER BY m.seq), '[]')
                 FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq > since AND m.seq <= r.last_seq));

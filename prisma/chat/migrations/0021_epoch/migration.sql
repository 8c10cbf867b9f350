-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "epoch" TEXT NOT NULL DEFAULT substr((gen_random_uuid())::text, 1, 8);

-- Gives all rooms another epoch, after a backup was restored. How many they are.
CREATE OR REPLACE FUNCTION chat.renew_epochs() RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  renewed INTEGER;
BEGIN
  -- In the order in which all lock them.
  PERFORM 1 FROM chat.rooms ORDER BY room_id FOR NO KEY UPDATE;
  UPDATE chat.rooms SET epoch = substr(gen_random_uuid()::text, 1, 8);
  GET DIAGNOSTICS renewed = ROW_COUNT;
  PERFORM chat.note_moderation('rooms.restored', NULL, NULL, NULL, jsonb_build_object('rooms', renewed));
  RETURN renewed;
END $$;

-- The answer of the functions that change a room: outcome, the room, its rows after `since`, and who was concerned.
CREATE OR REPLACE FUNCTION chat.room_change(outcome TEXT, r chat.rooms, since BIGINT, participant JSONB) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'outcome', outcome,
    'room', chat.room_json(r) || jsonb_build_object(
      'lastChatNo', r.last_chat_no, 'lastMentionSeq', r.last_mention_seq, 'epoch', r.epoch),
    'participant', participant,
    'messages', (SELECT coalesce(jsonb_agg(chat.message_json(m) ORDER BY m.seq), '[]')
                 FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq > since AND m.seq <= r.last_seq));

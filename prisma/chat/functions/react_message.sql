-- A member reacts to a message by an emoji (`p_on`), or takes that back, with one row of change, which names the message alone.
-- A message has twelve kinds at most. What it shows of them is kept with it, so that reading it costs what it did: the kinds in
-- the order in which they came, each with how many there are and the first three of them. Outcomes: changed, same (it is so
-- already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN (a row of the service), ROOM_READ_ONLY,
-- MUTED, BANNED, MESSAGE_DELETED, TOO_MANY. Locks the room.
CREATE OR REPLACE FUNCTION chat.react_message(
  p_room TEXT, p_seq BIGINT, p_emoji TEXT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  kinds JSONB;
  kind JSONB;
  row_of_change chat.messages;
  restriction TEXT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_on = EXISTS (SELECT FROM chat.reactions q
      WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji) THEN
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m));
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  kinds := coalesce(m.reactions, '[]');
  SELECT k INTO kind FROM jsonb_array_elements(kinds) k WHERE k ->> 'emoji' = p_emoji;
  IF p_on THEN
    IF kind IS NULL AND jsonb_array_length(kinds) >= 12 THEN RETURN jsonb_build_object('outcome', 'TOO_MANY'); END IF;
    INSERT INTO chat.reactions (room_id, seq, user_id, emoji, nickname, tag, place)
    VALUES (p_room, p_seq, p_user, p_emoji, p_nickname, p_tag, r.last_seq + 1);
  ELSE
    DELETE FROM chat.reactions q
    WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji;
  END IF;
  kind := jsonb_build_object('emoji', p_emoji,
    'count', coalesce((kind ->> 'count')::INTEGER, 0) + CASE WHEN p_on THEN 1 ELSE -1 END,
    'users', (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', f.user_id, 'nickname', f.nickname) ORDER BY f.place), '[]')
      FROM (SELECT q.user_id, q.nickname, q.place FROM chat.reactions q
        WHERE q.room_id = p_room AND q.seq = p_seq AND q.emoji = p_emoji ORDER BY q.place LIMIT 3) f));
  SELECT jsonb_agg(CASE WHEN k ->> 'emoji' = p_emoji THEN kind ELSE k END ORDER BY n) INTO kinds
  FROM jsonb_array_elements(CASE WHEN kinds @> jsonb_build_array(jsonb_build_object('emoji', p_emoji))
    THEN kinds ELSE kinds || kind END) WITH ORDINALITY e (k, n)
  WHERE k ->> 'emoji' <> p_emoji OR (kind ->> 'count')::INTEGER > 0;
  UPDATE chat.messages t SET reactions = kinds, version = r.last_seq + 1
  WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
  row_of_change := chat.add_change(r, p_seq, 'reacted', p_user, p_nickname, p_tag, '{}', clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'message', chat.message_json(m),
    'row', chat.message_json(row_of_change));
END $$;

-- A member reacts to a message by an emoji (`p_on`), or takes that back, with one row of change, which names the message alone.
-- A message has twelve kinds at most. What it shows of them is kept with it, so that reading it costs what it did: the kinds in
-- the order in which they came, each with how many there are and the first three of them. Outcomes: changed, same (it is so
-- already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN (a row of the service), ROOM_READ_ONLY,
-- MUTED, BANNED, MESSAGE_DELETED, TOO_MANY. Locks the room. `p_brief`: of one that was changed the answer has `reactions`, and not all of the
-- `message`, as the version before wants it.
CREATE OR REPLACE FUNCTION chat.react_message(
  p_room TEXT, p_seq BIGINT, p_emoji TEXT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_brief BOOLEAN DEFAULT false
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r RECORD;
  m RECORD;
  present BOOLEAN := p_user IS NULL;
  kinds JSONB;
  kind JSONB;
  told JSONB;
  row_of_change JSONB;
  restriction TEXT;
BEGIN
  SELECT o.product_id, o.status, o.clearing, o.restricted, o.last_seq, o.last_chat_no INTO r
  FROM chat.rooms o WHERE o.room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  -- What `is_within` says, by one look-up.
  IF r.product_id IS NOT NULL AND NOT present THEN
    SELECT chat.is_present(b.left_at) AND (NOT r.clearing OR b.host OR b.committed) INTO present
    FROM chat.members b WHERE b.room_id = p_room AND b.user_id = p_user;
    IF present IS NOT TRUE THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  SELECT t.kind, t.deleted_at, t.reactions INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  -- A message that shows none has none, which most of the first ones find.
  IF p_on = (m.reactions IS NOT NULL AND EXISTS (SELECT FROM chat.reactions q
      WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji)) THEN
    SELECT chat.message_json(t) INTO told FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
    RETURN jsonb_build_object('outcome', 'same', 'message', told);
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  kinds := coalesce(m.reactions, '[]');
  IF p_on AND jsonb_array_length(kinds) >= 12 AND NOT kinds @> jsonb_build_array(jsonb_build_object('emoji', p_emoji)) THEN
    RETURN jsonb_build_object('outcome', 'TOO_MANY');
  END IF;
  IF p_on THEN
    INSERT INTO chat.reactions (room_id, seq, user_id, emoji, nickname, tag, place)
    VALUES (p_room, p_seq, p_user, p_emoji, p_nickname, p_tag, r.last_seq + 1);
  ELSE
    DELETE FROM chat.reactions q
    WHERE q.room_id = p_room AND q.seq = p_seq AND q.user_id = p_user AND q.emoji = p_emoji;
  END IF;
  IF m.reactions IS NULL THEN
    kinds := jsonb_build_array(jsonb_build_object('emoji', p_emoji, 'count', 1,
      'users', jsonb_build_array(jsonb_build_object('userId', p_user, 'nickname', p_nickname))));
  ELSE
    SELECT k INTO kind FROM jsonb_array_elements(kinds) k WHERE k ->> 'emoji' = p_emoji;
    kind := jsonb_build_object('emoji', p_emoji,
      'count', coalesce((kind ->> 'count')::INTEGER, 0) + CASE WHEN p_on THEN 1 ELSE -1 END,
      'users', (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', f.user_id, 'nickname', f.nickname) ORDER BY f.place), '[]')
        FROM (SELECT q.user_id, q.nickname, q.place FROM chat.reactions q
          WHERE q.room_id = p_room AND q.seq = p_seq AND q.emoji = p_emoji ORDER BY q.place LIMIT 3) f));
    SELECT jsonb_agg(CASE WHEN k ->> 'emoji' = p_emoji THEN kind ELSE k END ORDER BY n) INTO kinds
    FROM jsonb_array_elements(CASE WHEN kinds @> jsonb_build_array(jsonb_build_object('emoji', p_emoji))
      THEN kinds ELSE kinds || kind END) WITH ORDINALITY e (k, n)
    WHERE k ->> 'emoji' <> p_emoji OR (kind ->> 'count')::INTEGER > 0;
  END IF;
  UPDATE chat.messages t SET reactions = kinds, version = r.last_seq + 1 WHERE t.room_id = p_room AND t.seq = p_seq;
  row_of_change := chat.add_change(p_room, r.last_seq, r.last_chat_no, p_seq, 'reacted', p_user, p_nickname, p_tag,
    r.product_id IS NOT NULL, '{}', clock_timestamp());
  IF p_brief THEN RETURN jsonb_build_object('outcome', 'changed', 'row', row_of_change, 'reactions', kinds); END IF;
  SELECT chat.message_json(t) INTO told FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  RETURN jsonb_build_object('outcome', 'changed', 'message', told, 'row', row_of_change);
END $$;

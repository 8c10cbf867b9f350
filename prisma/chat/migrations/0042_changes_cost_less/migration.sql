DROP FUNCTION chat.add_change(chat.rooms,bigint,text,text,text,text,jsonb,timestamp with time zone),
  chat.change_message(text,bigint,text,text,text,text,boolean,text,bigint,integer,jsonb,boolean,boolean,boolean,text,integer,text,bigint),
  chat.clear_mentions(chat.messages),
  chat.react_message(text,bigint,text,boolean,text,text,text);

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

-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, EMPTY (neither text nor files), HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer. `p_mentions` (a JSON array), `p_mentions_all`: of an edit, who is mentioned then; null: who was. To
-- mention all is for who presides: MENTIONS_ALL. `p_masked`: something in the text of an edit was.
-- `p_same`: who asks has opened what stands sealed, `p_seen`, and says whether it is this text; STALE where it is not what stands
-- any more, or `p_key_no`, with which `p_content` and `p_signal_type` are sealed, is not the room's. Null: texts are clear.
-- `p_seen_version`: it was seen in memory, in this version; `p_seen` is its client's id for it, and its signal type stays.
-- `p_brief`: where the message stood as it was seen, and was changed, the answer is only who is mentioned (`mentions`,
-- `mentionsAll`) beside `row`: who asks knows the rest. Else, and always of the version before: `message`, as it is then.
-- UNAVAILABLE: who asks is of a version that seals nothing, and would leave a part of the message sealed without its key.
CREATE OR REPLACE FUNCTION chat.change_message(
  p_room TEXT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN,
  p_content TEXT, p_if_version BIGINT, p_window_s INTEGER,
  p_mentions JSONB DEFAULT NULL, p_mentions_all BOOLEAN DEFAULT NULL, p_masked BOOLEAN DEFAULT NULL,
  p_same BOOLEAN DEFAULT NULL, p_seen TEXT DEFAULT NULL, p_key_no INTEGER DEFAULT NULL, p_signal_type TEXT DEFAULT NULL,
  p_seen_version BIGINT DEFAULT NULL, p_brief BOOLEAN DEFAULT false
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r RECORD;
  m RECORD;
  told JSONB;
  row_of_change JSONB;
  edits CONSTANT BOOLEAN := p_change = 'edited';
  present BOOLEAN := p_user IS NULL;
  seen BOOLEAN;
  own BOOLEAN;
  presides BOOLEAN;
  restriction TEXT;
  mentioned TEXT[];
  stamp TIMESTAMPTZ(3);
  detail JSONB := '{}';
BEGIN
  SELECT o.product_id, o.status, o.clearing, o.host_id, o.restricted, o.last_seq, o.last_chat_no, o.pinned, o.key_no,
    o.clear_from INTO r
  FROM chat.rooms o WHERE o.room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  presides := p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false);
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  -- What `is_within` says, by one look-up.
  IF r.product_id IS NULL THEN
    present := present OR restriction IS DISTINCT FROM 'BAN';
  ELSIF NOT present THEN
    SELECT chat.is_present(b.left_at) AND (NOT r.clearing OR b.host OR b.committed) INTO present
    FROM chat.members b WHERE b.room_id = p_room AND b.user_id = p_user;
    present := coalesce(present, false);
  END IF;
  SELECT t.seq, t.kind, t.sender_id, t.client_message_id, t.content, t.data IS NOT NULL AS has_data, t.signal_type, t.created_at,
    t.version, t.edited_at, t.edited_version, t.deleted_at, t.reactions IS NOT NULL AS has_reactions, t.mentions, t.mentions_all,
    t.attachments IS NOT NULL AS has_files, t.key_no INTO m
  FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  own := coalesce(m.kind <> 'SYSTEM' AND m.sender_id IS NOT DISTINCT FROM p_user, false);
  -- Who has left may take back what he said, and that alone.
  IF NOT present AND (edits OR NOT (own OR presides)) THEN
    RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'NOT_A_MEMBER' END);
  END IF;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  -- Also who is muted may take back what he said.
  IF edits AND restriction IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'MUTED' END);
  END IF;
  IF m.kind = 'SYSTEM' OR NOT own AND (edits OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF m.deleted_at IS NOT NULL AND edits THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF m.deleted_at IS NULL AND r.status = 'CANCELLED' AND (edits OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY');
  END IF;
  -- It stands as who asks has seen it in memory.
  seen := p_seen_version = coalesce(m.version, m.seq) AND m.client_message_id IS NOT DISTINCT FROM p_seen;
  IF edits THEN
    IF p_mentions_all AND NOT presides THEN RETURN jsonb_build_object('outcome', 'MENTIONS_ALL'); END IF;
    IF p_content = '' AND NOT m.has_files THEN RETURN jsonb_build_object('outcome', 'EMPTY'); END IF;
    IF m.has_data THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
    IF p_same IS NULL AND m.key_no IS NOT NULL AND m.signal_type IS NOT NULL THEN
      RETURN jsonb_build_object('outcome', 'UNAVAILABLE');
    END IF;
    IF (p_key_no <> coalesce(r.key_no, 0) OR p_same IS NOT NULL
      AND CASE WHEN p_seen_version IS NULL THEN m.content IS DISTINCT FROM p_seen
        ELSE NOT seen OR m.key_no IS DISTINCT FROM p_key_no END) THEN
      RETURN jsonb_build_object('outcome', 'STALE');
    END IF;
    -- As they will be, so that the same request once more changes nothing.
    mentioned := coalesce(m.mentions, '{}');
    IF p_mentions IS NOT NULL THEN mentioned := chat.mentionable(p_room, p_mentions); END IF;
    p_mentions_all := coalesce(p_mentions_all, m.mentions_all, false);
  END IF;
  IF edits AND coalesce(p_same, m.content = p_content) AND mentioned = coalesce(m.mentions, '{}')
    AND p_mentions_all = coalesce(m.mentions_all, false) OR NOT edits AND m.deleted_at IS NOT NULL THEN
    SELECT chat.message_json(t) INTO told FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
    SELECT chat.message_json(t) INTO row_of_change FROM chat.messages t
    WHERE t.room_id = p_room AND t.seq = CASE WHEN edits THEN m.edited_version ELSE m.version END;
    RETURN jsonb_build_object('outcome', 'same', 'message', told, 'row', row_of_change);
  END IF;
  stamp := clock_timestamp();
  IF edits THEN
    -- What others think of a message is no other text: a version since the last edit is as good as the newest.
    IF p_if_version NOT BETWEEN coalesce(m.edited_version, CASE WHEN m.edited_at IS NULL THEN m.seq ELSE m.version END)
      AND coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
  ELSIF NOT own THEN
    PERFORM chat.note_moderation('message.deleted', p_room, m.sender_id, p_user, jsonb_build_object('seq', p_seq));
  END IF;
  -- Most messages mention nobody, and a statement that finds nothing costs as much as one that does.
  IF m.mentions IS NOT NULL OR m.mentions_all THEN PERFORM chat.clear_mentions(p_room, p_seq, m.mentions); END IF;
  IF edits THEN
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp,
      edited_version = r.last_seq + 1, mentions = NULL, mentions_all = NULL,
      masked = nullif(p_masked, false), key_no = p_key_no,
      signal_type = CASE WHEN p_same IS NULL OR p_seen_version IS NOT NULL THEN t.signal_type ELSE p_signal_type END
    WHERE t.room_id = p_room AND t.seq = p_seq;
    IF cardinality(mentioned) > 0 OR p_mentions_all THEN
      PERFORM chat.set_mentions(p_room, p_seq, mentioned, p_mentions_all);
    END IF;
    IF p_key_no IS NULL AND coalesce(r.clear_from, p_seq + 1) > p_seq THEN
      UPDATE chat.rooms SET clear_from = p_seq WHERE room_id = p_room;
    END IF;
  ELSE
    IF m.has_files THEN PERFORM chat.drop_files(p_room, p_seq); END IF;
    IF m.has_reactions THEN DELETE FROM chat.reactions q WHERE q.room_id = p_room AND q.seq = p_seq; END IF;
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL,
      masked = NULL, attachments = NULL, deleted_at = stamp, key_no = NULL
    WHERE t.room_id = p_room AND t.seq = p_seq;
    -- Whoever is putting them into the index has done so, or sees what follows.
    PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = p_room FOR SHARE;
    DELETE FROM chat.search_grams t WHERE t.room_id = p_room AND t.seq = p_seq;
    IF p_room || ':' || p_seq = ANY (r.pinned) THEN
      UPDATE chat.rooms o SET pinned = array_remove(o.pinned, p_room || ':' || p_seq) WHERE o.room_id = p_room
      RETURNING jsonb_build_object('pinnedMessageIds', o.pinned) INTO detail;
    END IF;
  END IF;
  row_of_change := chat.add_change(p_room, r.last_seq, r.last_chat_no, p_seq, p_change, p_user, p_nickname, p_tag,
    present AND r.product_id IS NOT NULL, detail, stamp);
  IF p_brief AND seen THEN
    RETURN jsonb_build_object('outcome', 'changed', 'row', row_of_change, 'mentions', mentioned, 'mentionsAll', p_mentions_all);
  END IF;
  SELECT chat.message_json(t) INTO told FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  RETURN jsonb_build_object('outcome', 'changed', 'message', told, 'row', row_of_change);
END $$;

-- Takes away whom a message mentions (`p_users`, and all), but for what the message itself says of it. The caller holds the room's
-- lock.
CREATE OR REPLACE FUNCTION chat.clear_mentions(p_room TEXT, p_seq BIGINT, p_users TEXT[]) RETURNS VOID
LANGUAGE sql AS $$
  DELETE FROM chat.mentions n
  WHERE n.room_id = p_room AND n.seq = p_seq AND n.user_id = ANY (array_append(p_users, ''));
$$;

-- Pins a message above a room, in front of those that are pinned, or takes it away, with one row of change. Five at most: who
-- wants a sixth takes one away. `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes:
-- changed, same (it is so already), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, BANNED, FORBIDDEN, ROOM_READ_ONLY,
-- MESSAGE_DELETED, TOO_MANY. Locks the room.
CREATE OR REPLACE FUNCTION chat.pin_message(
  p_room TEXT, p_seq BIGINT, p_on BOOLEAN, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m RECORD;
  id TEXT := p_room || ':' || p_seq;
  row_of_change JSONB;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF NOT (p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false)) THEN
    RETURN jsonb_build_object('outcome', CASE WHEN r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN 'BANNED'
      WHEN chat.is_within(r, p_user) THEN 'FORBIDDEN' ELSE 'NOT_A_MEMBER' END);
  END IF;
  SELECT t.seq, t.kind, t.deleted_at INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF p_on = (id = ANY (r.pinned)) THEN RETURN jsonb_build_object('outcome', 'same'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_on AND cardinality(r.pinned) >= 5 THEN RETURN jsonb_build_object('outcome', 'TOO_MANY'); END IF;
  UPDATE chat.rooms SET pinned = CASE WHEN p_on THEN id || r.pinned ELSE array_remove(r.pinned, id) END
  WHERE room_id = p_room RETURNING * INTO r;
  row_of_change := chat.add_change(p_room, r.last_seq, r.last_chat_no, p_seq, CASE WHEN p_on THEN 'pinned' ELSE 'unpinned' END,
    p_user, p_nickname, p_tag, false, jsonb_build_object('pinnedMessageIds', r.pinned), clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'row', row_of_change);
END $$;

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

-- Takes a user's reactions to others away, `p_limit` messages at most, each with a row of change by the service. Returns the room
-- with its newest row; the caller holds its lock.
CREATE OR REPLACE FUNCTION chat.unreact_user(r chat.rooms, p_user TEXT, p_limit INTEGER) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  m chat.messages;
  kinds JSONB;
BEGIN
  FOR m IN SELECT t.* FROM chat.messages t WHERE t.room_id = r.room_id AND t.sender_id IS DISTINCT FROM p_user
    AND t.seq IN (SELECT q.seq FROM chat.reactions q WHERE q.room_id = r.room_id AND q.user_id = p_user)
    ORDER BY t.seq LIMIT p_limit
  LOOP
    DELETE FROM chat.reactions q WHERE q.room_id = r.room_id AND q.seq = m.seq AND q.user_id = p_user;
    SELECT jsonb_agg(jsonb_build_object('emoji', k.kind ->> 'emoji', 'count', c.count, 'users', c.users) ORDER BY k.n)
    INTO kinds
    FROM jsonb_array_elements(coalesce(m.reactions, '[]')) WITH ORDINALITY k (kind, n)
    CROSS JOIN LATERAL (
      SELECT count(*) AS count, coalesce(jsonb_agg(jsonb_build_object('userId', f.user_id, 'nickname', f.nickname)
        ORDER BY f.place) FILTER (WHERE f.no <= 3), '[]') AS users
      FROM (SELECT q.user_id, q.nickname, q.place, row_number() OVER (ORDER BY q.place) AS no FROM chat.reactions q
        WHERE q.room_id = r.room_id AND q.seq = m.seq AND q.emoji = k.kind ->> 'emoji') f
    ) c WHERE c.count > 0;
    UPDATE chat.messages t SET reactions = kinds, version = r.last_seq + 1 WHERE t.room_id = r.room_id AND t.seq = m.seq;
    PERFORM chat.add_change(r.room_id, r.last_seq, r.last_chat_no, m.seq, 'reacted', NULL, NULL, NULL, false, '{}',
      clock_timestamp());
    r.last_seq := r.last_seq + 1;
  END LOOP;
  RETURN r;
END $$;

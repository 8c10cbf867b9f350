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

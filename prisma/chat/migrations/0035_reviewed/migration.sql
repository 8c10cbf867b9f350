-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, EMPTY (neither text nor files), HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer. `p_mentions` (a JSON array), `p_mentions_all`: of an edit, who is mentioned then; null: who was. To
-- mention all is for who presides: MENTIONS_ALL. `p_masked`: something in the text of an edit was.
-- `p_same`: who asks has opened what stands sealed, `p_seen`, and says whether it is this text; STALE where it is not what stands
-- any more, or `p_key_no`, with which `p_content` and `p_signal_type` are sealed, is not the room's. Null: texts are clear.
-- UNAVAILABLE: who asks is of a version that seals nothing, and would leave a part of the message sealed without its key.
CREATE OR REPLACE FUNCTION chat.change_message(
  p_room TEXT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN,
  p_content TEXT, p_if_version BIGINT, p_window_s INTEGER,
  p_mentions JSONB DEFAULT NULL, p_mentions_all BOOLEAN DEFAULT NULL, p_masked BOOLEAN DEFAULT NULL,
  p_same BOOLEAN DEFAULT NULL, p_seen TEXT DEFAULT NULL, p_key_no INTEGER DEFAULT NULL, p_signal_type TEXT DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  row_of_change chat.messages;
  present BOOLEAN;
  own BOOLEAN;
  presides BOOLEAN;
  restriction TEXT;
  mentioned TEXT[];
  stamp TIMESTAMPTZ(3);
  detail JSONB := '{}';
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  presides := p_user IS NULL OR p_admin OR coalesce(r.host_id = p_user, false);
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  present := chat.is_within(r, p_user);
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  own := coalesce(m.kind <> 'SYSTEM' AND m.sender_id IS NOT DISTINCT FROM p_user, false);
  -- Who has left may take back what he said, and that alone.
  IF NOT present AND (p_change = 'edited' OR NOT (own OR presides)) THEN
    RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'NOT_A_MEMBER' END);
  END IF;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  -- Also who is muted may take back what he said.
  IF p_change = 'edited' AND restriction IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'MUTED' END);
  END IF;
  IF m.kind = 'SYSTEM' OR NOT own AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF m.deleted_at IS NOT NULL AND p_change = 'edited' THEN
    RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED');
  END IF;
  IF m.deleted_at IS NULL AND r.status = 'CANCELLED' AND (p_change = 'edited' OR NOT presides) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY');
  END IF;
  IF p_change = 'edited' AND p_mentions_all AND NOT presides THEN
    RETURN jsonb_build_object('outcome', 'MENTIONS_ALL');
  END IF;
  IF p_change = 'edited' AND p_content = '' AND m.attachments IS NULL THEN
    RETURN jsonb_build_object('outcome', 'EMPTY');
  END IF;
  IF p_change = 'edited' AND m.data IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
  IF p_change = 'edited' AND p_same IS NULL AND m.key_no IS NOT NULL AND m.signal_type IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'UNAVAILABLE');
  END IF;
  IF p_change = 'edited' AND (p_same IS NOT NULL AND m.content IS DISTINCT FROM p_seen
    OR p_key_no <> coalesce(r.key_no, 0)) THEN
    RETURN jsonb_build_object('outcome', 'STALE');
  END IF;
  -- As they will be, so that the same request once more changes nothing.
  mentioned := coalesce(CASE WHEN p_mentions IS NOT NULL THEN chat.mentionable(p_room, p_mentions) END, m.mentions, '{}');
  p_mentions_all := coalesce(p_mentions_all, m.mentions_all, false);
  IF p_change = 'edited' AND coalesce(p_same, m.content = p_content) AND mentioned = coalesce(m.mentions, '{}')
    AND p_mentions_all = coalesce(m.mentions_all, false) OR p_change = 'deleted' AND m.deleted_at IS NOT NULL THEN
    SELECT * INTO row_of_change FROM chat.messages t
    WHERE t.room_id = p_room AND t.seq = CASE WHEN p_change = 'edited' THEN m.edited_version ELSE m.version END;
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m),
      'row', CASE WHEN FOUND THEN chat.message_json(row_of_change) END);
  END IF;
  stamp := clock_timestamp();
  IF p_change = 'edited' THEN
    -- What others think of a message is no other text: a version since the last edit is as good as the newest.
    IF p_if_version NOT BETWEEN coalesce(m.edited_version, CASE WHEN m.edited_at IS NULL THEN m.seq ELSE m.version END)
      AND coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
    PERFORM chat.clear_mentions(m);
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp,
      edited_version = r.last_seq + 1, mentions = NULL, mentions_all = NULL,
      masked = nullif(p_masked, false), key_no = p_key_no,
      signal_type = CASE WHEN p_same IS NULL THEN t.signal_type ELSE p_signal_type END
    WHERE t.room_id = p_room AND t.seq = p_seq;
    PERFORM chat.set_mentions(p_room, p_seq, mentioned, p_mentions_all);
    IF p_key_no IS NULL AND coalesce(r.clear_from, p_seq + 1) > p_seq THEN
      UPDATE chat.rooms SET clear_from = p_seq WHERE room_id = p_room;
    END IF;
    SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  ELSE
    IF NOT own THEN
      PERFORM chat.note_moderation('message.deleted', p_room, m.sender_id, p_user, jsonb_build_object('seq', p_seq));
    END IF;
    PERFORM chat.clear_mentions(m);
    IF m.attachments IS NOT NULL THEN PERFORM chat.drop_files(p_room, p_seq); END IF;
    IF m.reactions IS NOT NULL THEN DELETE FROM chat.reactions q WHERE q.room_id = p_room AND q.seq = p_seq; END IF;
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL,
      masked = NULL, attachments = NULL, deleted_at = stamp, key_no = NULL
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
    -- Whoever is putting them into the index has done so, or sees what follows.
    PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = p_room FOR SHARE;
    DELETE FROM chat.search_grams t WHERE t.room_id = p_room AND t.seq = p_seq;
  END IF;
  IF p_change = 'deleted' AND m.room_id || ':' || m.seq = ANY (r.pinned) THEN
    UPDATE chat.rooms SET pinned = array_remove(r.pinned, m.room_id || ':' || m.seq) WHERE room_id = p_room
    RETURNING * INTO r;
    detail := jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  row_of_change := chat.add_change(r, p_seq, p_change, p_user, p_nickname, p_tag, detail, stamp);
  RETURN jsonb_build_object('outcome', 'changed', 'message', chat.message_json(m),
    'row', chat.message_json(row_of_change));
END $$;

-- Erases somebody from rows of a room, by their positions: what he said becomes as what was deleted, without a sender; rows that
-- tell of him, and messages that mention him, no longer name him. One row tells of it, of all alike (`messages.erased`).
-- Returns the room with that as its newest row; the caller holds its lock.
CREATE OR REPLACE FUNCTION chat.erase_rows(r chat.rooms, p_seqs BIGINT[], p_user TEXT, p_pseudonym TEXT)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT JSONB := jsonb_build_object('userId', p_pseudonym, 'nickname', '', 'tag', NULL);
  stamp CONSTANT TIMESTAMPTZ(3) := clock_timestamp();
  erased BIGINT[];
  mentioning BIGINT[];
  own BIGINT[];
  ids TEXT[];
  detail JSONB;
BEGIN
  SELECT array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user OR m.kind = 'SYSTEM'),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id IS DISTINCT FROM p_user AND m.kind <> 'SYSTEM')
  INTO own, erased, mentioning
  FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq = ANY (p_seqs);
  DELETE FROM chat.mentions n WHERE n.room_id = r.room_id AND (n.seq = ANY (own) OR n.user_id = p_user);
  DELETE FROM chat.reactions q WHERE q.room_id = r.room_id AND q.seq = ANY (own);
  -- Whoever is putting them into the index has done so, or sees what follows.
  PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = r.room_id FOR SHARE;
  DELETE FROM chat.search_grams g WHERE g.room_id = r.room_id AND g.seq = ANY (own);
  -- Copies of what he said go with it, and files that were held for them.
  DELETE FROM chat.reports p WHERE p.room_id = r.room_id AND p.seq = ANY (own);
  UPDATE chat.uploads u SET user_id = p_pseudonym, name = '', attachment = NULL, key_no = NULL, state = 'GONE'
  WHERE u.room_id = r.room_id AND u.seq = ANY (own);
  UPDATE chat.messages m SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1, edited_at = NULL,
    edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL, masked = NULL, attachments = NULL,
    deleted_at = coalesce(m.deleted_at, stamp), key_no = NULL, client_message_id = NULL,
    sender_id = p_pseudonym, sender_nickname = '', sender_tag = NULL
  WHERE m.room_id = r.room_id AND m.seq = ANY (own);
  UPDATE chat.messages m SET version = r.last_seq + 1, data = chat.unnamed_data(m.data, nobody),
    content = CASE WHEN o.nickname <> '' AND starts_with(m.content, o.nickname || ' ')
      THEN 'Somebody' || substr(m.content, length(o.nickname) + 1) ELSE m.content END
  FROM (SELECT t.seq, coalesce(t.data #>> '{participant,nickname}', t.data #>> '{user,nickname}',
      t.data #>> '{by,nickname}', '') AS nickname
    FROM chat.messages t WHERE t.room_id = r.room_id AND t.seq = ANY (erased) AND t.kind = 'SYSTEM') o
  WHERE m.room_id = r.room_id AND m.seq = o.seq;
  UPDATE chat.messages m SET version = r.last_seq + 1, mentions = nullif(array_remove(m.mentions, p_user), '{}')
  WHERE m.room_id = r.room_id AND m.seq = ANY (mentioning);
  ids := ARRAY(SELECT r.room_id || ':' || o.seq FROM unnest(own) o (seq));
  detail := jsonb_build_object('user', nobody, 'seqs', chat.ranges_of(erased))
    || CASE WHEN mentioning IS NULL THEN '{}' ELSE jsonb_build_object('mentions', chat.ranges_of(mentioning)) END;
  IF r.pinned && ids THEN
    r.pinned := ARRAY(SELECT p.id FROM unnest(r.pinned) WITH ORDINALITY p (id, n) WHERE p.id <> ALL (ids) ORDER BY p.n);
    UPDATE chat.rooms SET pinned = r.pinned WHERE room_id = r.room_id;
    detail := detail || jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', 'Messages of somebody were erased',
    jsonb_build_object('event', 'messages.erased') || detail, stamp);
  r.last_seq := r.last_seq + 1;
  RETURN r;
END $$;

-- Removes reports, with their copies, that ended so many days ago, a portion at a time; none of a room or of a user that is
-- held. Returns how many rows went. Then keys of rooms that are no more, which no report needs any longer.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
      AND NOT EXISTS (SELECT FROM chat.holds h WHERE h.kind = 'ROOM' AND h.id = p.room_id
        OR h.kind = 'USER' AND h.id IN (p.message #>> '{sender,userId}', p.reporter_id))
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  -- By what is there, not by what went here: the last report of a room may have gone elsewhere, or by an erasure.
  DELETE FROM chat.room_keys WHERE key_no IN (
    SELECT k.key_no FROM chat.room_keys k
    WHERE NOT EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = k.room_id AND r.key_no = k.key_no)
      AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = k.room_id)
    LIMIT p_limit);
  RETURN gone;
END $$;

-- Removes, of a room that has ended, the oldest messages that are older than `p_days` days: `p_limit` at most, and none from the
-- first on that somebody sent who is held, in no room that is held. `first_seq` moves behind them. Returns how many went; 0
-- too where somebody has locked the room. What they are quoted in, and rows of change that are younger, stay.
CREATE OR REPLACE FUNCTION chat.retain_messages(p_room TEXT, p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  kept BIGINT;
  last_no BIGINT;
  gone INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND OR r.status = 'ACTIVE' OR chat.is_held('ROOM', p_room) THEN RETURN 0; END IF;
  -- The first that stays. Times only grow with `seq`.
  SELECT coalesce(min(m.seq), r.first_seq + p_limit) INTO kept FROM (
    SELECT o.seq, o.created_at, o.sender_id FROM chat.messages o
    WHERE o.room_id = p_room AND o.seq >= r.first_seq ORDER BY o.seq LIMIT p_limit) m
  WHERE m.created_at >= clock_timestamp() - p_days * interval '1 day'
    OR (m.sender_id IS NOT NULL AND chat.is_held('USER', m.sender_id));
  kept := least(kept, r.last_seq + 1);
  IF kept = r.first_seq THEN RETURN 0; END IF;
  SELECT m.chat_no INTO last_no FROM chat.messages m WHERE m.room_id = p_room AND m.seq = kept - 1;
  PERFORM chat.drop_files(p_room, u.seq) FROM chat.uploads u
  WHERE u.room_id = p_room AND u.seq >= r.first_seq AND u.seq < kept;
  DELETE FROM chat.mentions m WHERE m.room_id = p_room AND m.seq < kept;
  DELETE FROM chat.reactions m WHERE m.room_id = p_room AND m.seq < kept;
  -- Whoever is putting them into the index has done so, or sees what follows.
  PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = p_room FOR SHARE;
  DELETE FROM chat.search_grams m WHERE m.room_id = p_room AND m.seq < kept;
  DELETE FROM chat.messages m WHERE m.room_id = p_room AND m.seq < kept;
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE chat.rooms SET first_seq = kept, gone_chat_no = coalesce(last_no, gone_chat_no),
    pinned = ARRAY(SELECT p.id FROM unnest(r.pinned) WITH ORDINALITY AS p (id, n)
      WHERE split_part(p.id, ':', 2)::BIGINT >= kept ORDER BY p.n)
  WHERE room_id = p_room;
  RETURN gone;
END $$;

-- Puts sealed texts in the place of clear ones: of reports whose resolution is still the one that was read (`p_seen`), and whose
-- note was not taken away meanwhile, as an erasure does.
CREATE OR REPLACE FUNCTION chat.seal_reports(
  p_ids BIGINT[], p_seen TEXT[], p_keys INTEGER[], p_notes TEXT[], p_resolutions TEXT[], p_messages TEXT[]
) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.reports p SET note = i.note, resolution = i.resolution, message = i.message::jsonb, key_no = i.key_no
  FROM unnest(p_ids, p_seen, p_keys, p_notes, p_resolutions, p_messages)
    i (report_id, seen, key_no, note, resolution, message)
  WHERE p.report_id = i.report_id AND (p.key_no IS NULL OR NOT p.message ? 'keyNo')
    AND p.resolution IS NOT DISTINCT FROM i.seen AND (p.note IS NULL) = (i.note IS NULL);
$$;

-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `newest` is the newest message that stands of those
-- that he has not read, and none of his own, where texts are told; who may not be in the room any more, or is blocked, is told nothing.
CREATE OR REPLACE FUNCTION chat.take_absent(p_rooms TEXT[], p_after_s INTEGER, p_text BOOLEAN, p_limit INTEGER)
RETURNS TABLE (room_id TEXT, title TEXT, unread BIGINT, endpoint TEXT, p256dh TEXT, auth TEXT, newest JSONB)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH old AS MATERIALIZED (
    SELECT r.room_id, r.title, r.last_chat_no, r.clearing, o.chat_no FROM chat.rooms r
    CROSS JOIN LATERAL (
      -- From the newest back: what is younger is passed over, and not more.
      SELECT m.chat_no FROM chat.messages m
      WHERE m.room_id = r.room_id AND m.created_at <= clock_timestamp() - p_after_s * interval '1 second'
      ORDER BY m.seq DESC LIMIT 1
    ) o
    WHERE r.room_id = ANY (p_rooms) AND EXISTS (SELECT FROM chat.push_subscriptions s WHERE s.room_id = r.room_id)
  ), due AS MATERIALIZED (
    SELECT s.room_id, s.user_id, s.device_id, o.title, o.last_chat_no, b.last_read_chat_no, b.last_read_seq
    FROM old o
    JOIN chat.push_subscriptions s ON s.room_id = o.room_id
    JOIN chat.members b ON b.room_id = s.room_id AND b.user_id = s.user_id
    WHERE b.last_read_chat_no < o.chat_no AND (s.told_read_chat_no IS NULL OR s.told_read_chat_no < b.last_read_chat_no)
      AND chat.is_present(b.left_at) AND (NOT o.clearing OR b.host OR b.committed)
      AND NOT EXISTS (SELECT FROM chat.bars k WHERE k.user_id = s.user_id AND k.blocked AND (k.until IS NULL OR k.until > clock_timestamp()))
    ORDER BY s.room_id, s.user_id, s.device_id
    LIMIT p_limit
    FOR UPDATE OF s SKIP LOCKED
  ), told AS (
    UPDATE chat.push_subscriptions s SET told_read_chat_no = d.last_read_chat_no
    FROM due d WHERE s.room_id = d.room_id AND s.user_id = d.user_id AND s.device_id = d.device_id
    RETURNING s.room_id, s.user_id, d.last_read_seq, d.title, d.last_chat_no - d.last_read_chat_no AS unread, s.endpoint, s.p256dh, s.auth
  )
  SELECT t.room_id, t.title, t.unread, t.endpoint, t.p256dh, t.auth, n.message
  FROM told t
  LEFT JOIN LATERAL (
    SELECT chat.message_json(m) AS message FROM chat.messages m
    WHERE p_text AND m.room_id = t.room_id AND m.seq > t.last_read_seq AND m.kind <> 'SYSTEM' AND m.deleted_at IS NULL
      AND m.sender_id IS DISTINCT FROM t.user_id
    ORDER BY m.seq DESC LIMIT 1
  ) n ON true;
END $$;

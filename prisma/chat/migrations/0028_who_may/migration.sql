DROP FUNCTION chat.append_attached(text,text,text,text,text,text,text,bigint,text,text,text,boolean,text[],integer),
  chat.append_messages(text[],text[],text[],text[],text[],text[],text[],bigint[],text[],text[],integer[]),
  chat.append_noting(text[],text[],text[],text[],text[],text[],text[],bigint[],text[],text[],text[],boolean[],integer[]),
  chat.append_one(text,text,text,text,text,text,text,bigint,text,text,integer),
  chat.append_verdict(text,text,text,boolean,bigint,text,timestamp with time zone,boolean,boolean,text,text,bigint,text,boolean),
  chat.patch_room(text,text,integer,integer,boolean,timestamp with time zone,numeric,text[],integer,integer);

-- The append of a single message with files: that of all others (`append_noting`), and it takes its sender's uploads of the room along, in the order in which
-- they are named. ATTACHMENT_UNKNOWN: one of them is not there, not READY, another's or in a message already; then nothing is
-- stored. A retry is answered with what was stored the first time, whatever became of its files.
CREATE OR REPLACE FUNCTION chat.append_attached(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_notes TEXT, p_all BOOLEAN, p_uploads TEXT[],
  p_key_no INTEGER DEFAULT NULL, p_admin BOOLEAN DEFAULT false,
  OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT, OUT mentions TEXT[], OUT attachments JSONB
) LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  SELECT o.outcome, o.seq, o.chat_no, o.created_at, o.mentions INTO outcome, seq, chat_no, created_at, mentions
  FROM chat.append_noting(ARRAY[p_room], ARRAY[p_sender], ARRAY[p_nickname], ARRAY[p_tag], ARRAY[p_client_id],
    ARRAY[p_kind], ARRAY[p_content], ARRAY[p_reply_to], ARRAY[p_data], ARRAY[p_signal_type], ARRAY[p_notes],
    ARRAY[p_all], ARRAY[p_key_no], ARRAY[p_admin]) o;
  IF outcome <> 'stored' THEN RETURN; END IF;
  WITH taken AS (
    UPDATE chat.uploads u SET state = 'TAKEN', seq = append_attached.seq
    WHERE u.upload_id = ANY (p_uploads) AND u.room_id = p_room AND u.user_id = p_sender AND u.state = 'READY'
    RETURNING u.upload_id, u.attachment
  )
  SELECT jsonb_agg(t.attachment ORDER BY array_position(p_uploads, t.upload_id)) INTO attachments FROM taken t;
  IF coalesce(jsonb_array_length(attachments), 0) < cardinality(p_uploads) THEN
    RAISE EXCEPTION USING ERRCODE = 'GF001', MESSAGE = 'a file is not there';
  END IF;
  UPDATE chat.messages m SET attachments = append_attached.attachments
  WHERE m.room_id = p_room AND m.seq = append_attached.seq;
EXCEPTION WHEN SQLSTATE 'GF001' THEN
  outcome := 'ATTACHMENT_UNKNOWN';
  seq := NULL;
  chat_no := NULL;
  created_at := NULL;
  mentions := NULL;
  attachments := NULL;
END $$;

-- The append: a batch of messages of many rooms in one round trip, with an outcome for each. Rooms are locked in the
-- order of their ids (no deadlock between two batches); retries are answered with what was stored the first time, also
-- when the sender or the room has since lost the right to talk. Of SLOW_MODE, `seq` is the milliseconds to wait. For a single message, and for batches in which something
-- is wrong: see `append_fresh`. Planned once (a batch of one cost 2 ms, most of them planning: the planner takes arrays it
-- can look into for cheaper), and numbered by windows alone (a self join compared each row of a room with each other). The
-- last parameters have defaults: instances of earlier versions call it with nine or ten. `p_keys`: the number of the key that
-- a message's texts are sealed with, null where they are clear; STALE_KEY where it is not the room's any more.
-- `p_admins`: whose sender may what the host may; null: none.
CREATE OR REPLACE FUNCTION chat.append_messages(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL, p_keys INTEGER[] DEFAULT NULL,
  p_admins BOOLEAN[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  stamp TIMESTAMPTZ(3);
BEGIN
  IF cardinality(p_rooms) = 1 THEN
    RETURN QUERY SELECT * FROM chat.append_one(p_rooms[1], p_senders[1], p_nicknames[1], p_tags[1], p_client_ids[1],
      p_kinds[1], p_contents[1], p_reply_tos[1], p_datas[1], p_signal_types[1], p_keys[1],
      coalesce(p_admins[1], false));
    RETURN;
  END IF;
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM chat.lock_listed_members(p_rooms, p_senders);
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
      p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas, p_signal_types,
      p_keys, p_admins
    ) WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, key_no,
      admin, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no,
      d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      r.slow_mode_seconds, m.host, w.wait_ms, i.key_no <> coalesce(r.key_no, 0) AS stale,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        ELSE chat.append_verdict(
          r.room_id, r.product_id, r.status, r.clearing, r.last_seq,
          m.user_id, m.left_at, m.host, m.committed, i.sender_id, i.kind, i.reply_to,
          CASE WHEN r.restricted THEN chat.restriction_of(i.room_id, i.sender_id) END, w.wait_ms > 0,
          coalesce(i.admin, false)
        )
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no, r.restricted,
        r.slow_mode_seconds, r.key_no, r.ctid FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.last_sent_at, m.ctid FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.sender_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM chat.messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '') OFFSET 0
    ) d ON true
    LEFT JOIN LATERAL (
      SELECT chat.slow_mode_wait_ms(r.slow_mode_seconds, m.last_sent_at, stamp) AS wait_ms
      WHERE r.slow_mode_seconds > 0 AND NOT (m.host OR coalesce(i.admin, false)) OFFSET 0
    ) w ON true
  ), paced AS (
    -- In slow mode the first of a member's messages in the batch, and copies of it, may be stored.
    SELECT j.*, CASE
        WHEN j.verdict = 'stored' AND j.stale THEN 'STALE_KEY'
        WHEN j.verdict = 'stored' AND j.slow_mode_seconds > 0
          AND NOT (j.host OR coalesce(j.admin, false)) AND j.client_id <>
          first_value(j.client_id) OVER (PARTITION BY j.room_id, j.sender_id, j.verdict ORDER BY j.n) THEN 'SLOW_MODE'
        ELSE j.verdict END AS paced_verdict
    FROM judged j
  ), counted AS (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, j.paced_verdict = 'stored' AND row_number() OVER (
      PARTITION BY j.room_id, j.client_id, j.sender_id, j.paced_verdict ORDER BY j.n) = 1 AS fresh
    FROM paced j
  ), numbered AS (
    SELECT c.*, count(*) FILTER (WHERE c.fresh) OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c
  ), placed AS MATERIALIZED (
    -- A copy within the batch has the place of the one that is stored.
    SELECT n.*, CASE WHEN n.paced_verdict = 'stored'
      THEN min(n.k) OVER (PARTITION BY n.room_id, n.client_id, n.sender_id, n.paced_verdict) END AS place
    FROM numbered n
  ), inserted AS (
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at, key_no)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp, key_no
    FROM placed WHERE fresh
  ), advanced AS (
    UPDATE chat.rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k,
      clear_from = coalesce(r.clear_from, r.last_seq + c.clear)
    FROM (SELECT room_place, max(k) AS k, min(k) FILTER (WHERE key_no IS NULL) AS clear FROM placed WHERE fresh GROUP BY room_place) c WHERE r.ctid = c.room_place
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no, last_sent_at = stamp
    FROM (SELECT member_place, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM placed WHERE fresh AND sender_id IS NOT NULL GROUP BY member_place) c
    WHERE m.ctid = c.member_place AND m.last_read_seq < c.seq
  )
  SELECT p.n::INTEGER, CASE WHEN p.paced_verdict = 'stored' AND NOT p.fresh THEN 'duplicate' ELSE p.paced_verdict END,
    CASE WHEN p.paced_verdict <> 'SLOW_MODE' THEN coalesce(p.stored_seq, p.last_seq + p.place)
      WHEN p.verdict = 'stored' THEN 1000 * p.slow_mode_seconds ELSE p.wait_ms END,
    coalesce(p.stored_chat_no, p.last_chat_no + p.place),
    chat.iso(coalesce(p.stored_at, stamp))
  FROM placed p
  ORDER BY p.n;
END $$;

-- The append of a batch in which something is to be noted beside some message: that of all others, and then the notes. So
-- messages without any cost what they did. `p_notes`: see `add_notes`; null: none. `p_alls`: all are mentioned, which is for the
-- host, an admin (`p_admins`) and the service, and else FORBIDDEN.
CREATE OR REPLACE FUNCTION chat.append_noting(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[], p_notes TEXT[], p_alls BOOLEAN[],
  p_keys INTEGER[] DEFAULT NULL, p_admins BOOLEAN[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT, mentions TEXT[])
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  -- Of those that may be tried, in their order. Who is the host of a room never changes.
  places INTEGER[];
  one RECORD;
BEGIN
  SELECT array_agg(i.n ORDER BY i.n) INTO places
  FROM unnest(p_rooms, p_senders, p_alls, p_admins) WITH ORDINALITY i (room_id, sender_id, mentions_all, admin, n)
  WHERE NOT i.mentions_all OR i.sender_id IS NULL OR i.admin
    OR coalesce((SELECT coalesce(r.host_id = i.sender_id, false) FROM chat.rooms r WHERE r.room_id = i.room_id), true);
  FOR ord IN SELECT n FROM generate_subscripts(p_rooms, 1) n WHERE n <> ALL (coalesce(places, '{}')) LOOP
    outcome := 'FORBIDDEN';
    RETURN NEXT;
  END LOOP;
  IF places IS NULL THEN RETURN; END IF;
  FOR one IN
    SELECT places[a.ord] AS n, a.outcome, a.seq, a.chat_no, a.created_at FROM chat.append_messages(
      ARRAY(SELECT p_rooms[n] FROM unnest(places) n), ARRAY(SELECT p_senders[n] FROM unnest(places) n),
      ARRAY(SELECT p_nicknames[n] FROM unnest(places) n), ARRAY(SELECT p_tags[n] FROM unnest(places) n),
      ARRAY(SELECT p_client_ids[n] FROM unnest(places) n), ARRAY(SELECT p_kinds[n] FROM unnest(places) n),
      ARRAY(SELECT p_contents[n] FROM unnest(places) n), ARRAY(SELECT p_reply_tos[n] FROM unnest(places) n),
      ARRAY(SELECT p_datas[n] FROM unnest(places) n), ARRAY(SELECT p_signal_types[n] FROM unnest(places) n),
      ARRAY(SELECT p_keys[n] FROM unnest(places) n), ARRAY(SELECT p_admins[n] FROM unnest(places) n)) a
    ORDER BY a.ord
  LOOP
    ord := one.n;
    outcome := one.outcome;
    seq := one.seq;
    chat_no := one.chat_no;
    created_at := one.created_at;
    mentions := NULL;
    IF outcome = 'stored' AND p_notes[ord] IS NOT NULL THEN
      mentions := chat.add_notes(p_rooms[ord], seq, p_notes[ord]::jsonb, p_alls[ord]);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- The append of a single message: what `append_messages`, which calls it, does with a batch of one, by plain look-ups. A
-- plan for batches, with its windows, sorts and joins, has to be set up for each call, which was most of what one message
-- cost (PostgreSQL 18, medians of 14 interleaved pairs, this / that: CPU 0.60 to 0.66, time with its commit 0.63 to 0.81).
-- Its settings (`lock_timeout` and the like) are those of the caller.
CREATE OR REPLACE FUNCTION chat.append_one(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_key_no INTEGER, p_admin BOOLEAN DEFAULT false,
  OUT ord INTEGER, OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  room RECORD;
  member RECORD;
  restriction TEXT;
  stamp TIMESTAMPTZ(3);
BEGIN
  ord := 1;
  SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no, r.restricted,
    r.slow_mode_seconds, r.key_no INTO room
  FROM chat.rooms r WHERE r.room_id = p_room FOR NO KEY UPDATE;
  SELECT 'duplicate', s.seq, s.chat_no, chat.iso(s.created_at) INTO outcome, seq, chat_no, created_at
  FROM chat.messages s
  WHERE s.room_id = p_room AND s.client_message_id = p_client_id
    AND coalesce(s.sender_id, '') = coalesce(p_sender, '');
  IF FOUND THEN
    RETURN;
  END IF;
  -- Whose membership it is changes under the room's lock only.
  SELECT m.user_id, m.left_at, m.host, m.committed, m.last_sent_at INTO member
  FROM chat.members m WHERE m.room_id = p_room AND m.user_id = p_sender;
  IF room.restricted THEN restriction := chat.restriction_of(p_room, p_sender); END IF;
  IF room.slow_mode_seconds > 0 AND NOT (member.host OR p_admin) THEN
    seq := chat.slow_mode_wait_ms(room.slow_mode_seconds, member.last_sent_at, clock_timestamp());
  END IF;
  outcome := chat.append_verdict(
    room.room_id, room.product_id, room.status, room.clearing, room.last_seq,
    member.user_id, member.left_at, member.host, member.committed, p_sender, p_kind, p_reply_to,
    restriction, seq > 0, p_admin
  );
  IF outcome = 'stored' AND p_key_no <> coalesce(room.key_no, 0) THEN outcome := 'STALE_KEY'; END IF;
  IF outcome <> 'stored' THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  seq := room.last_seq + 1;
  chat_no := room.last_chat_no + 1;
  created_at := chat.iso(stamp);
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
    content, reply_to, data, signal_type, created_at, key_no)
  VALUES (p_room, append_one.seq, append_one.chat_no, p_kind, p_sender, p_nickname, p_tag, p_client_id,
    p_content, p_reply_to, p_data::jsonb, p_signal_type, stamp, p_key_no);
  UPDATE chat.rooms r SET last_seq = append_one.seq, last_chat_no = append_one.chat_no,
    clear_from = coalesce(r.clear_from, CASE WHEN p_key_no IS NULL THEN append_one.seq END)
  WHERE r.room_id = p_room;
  IF member.user_id IS NOT NULL THEN
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = append_one.seq, last_read_chat_no = append_one.chat_no, last_sent_at = stamp
    WHERE m.room_id = p_room AND m.user_id = p_sender AND m.last_read_seq < append_one.seq;
  END IF;
END $$;

-- What becomes of a message that is not stored yet: 'stored', or the code of what it is refused with. The room and the
-- sender's membership as they are under the room's lock; null where there is none. `p_slow`: his last message is not
-- long enough ago. `p_admin`: he may what the host may,
-- and sends notices where he is no member. One expression, which the planner puts in place of the call.
CREATE OR REPLACE FUNCTION chat.append_verdict(
  p_room TEXT, p_product TEXT, p_status TEXT, p_clearing BOOLEAN, p_last_seq BIGINT,
  p_member TEXT, p_left_at TIMESTAMPTZ, p_host BOOLEAN, p_committed BOOLEAN,
  p_sender TEXT, p_kind TEXT, p_reply_to BIGINT, p_restriction TEXT, p_slow BOOLEAN,
  p_admin BOOLEAN DEFAULT false
) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN p_room IS NULL THEN 'NOT_FOUND'
    WHEN p_restriction = 'BAN' THEN 'BANNED'
    -- In the lobby, the room without a product, everybody is a member.
    WHEN p_sender IS NOT NULL AND (p_member IS NULL OR p_left_at IS NOT NULL) AND p_product IS NOT NULL
      AND NOT (p_admin AND p_kind = 'NOTIFICATION')
      THEN 'NOT_A_MEMBER'
    -- A guest of a room that was closed, whose own row is still to come.
    WHEN p_clearing AND p_sender IS NOT NULL AND NOT p_host AND NOT p_committed
      AND NOT (p_admin AND p_kind = 'NOTIFICATION') THEN 'NOT_A_MEMBER'
    WHEN p_status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
    WHEN p_restriction IS NOT NULL THEN 'MUTED'
    WHEN p_kind = 'NOTIFICATION' AND p_sender IS NOT NULL AND p_host IS NOT TRUE AND NOT p_admin THEN 'FORBIDDEN'
    WHEN p_reply_to > p_last_seq THEN 'REPLY_UNKNOWN'
    WHEN p_slow THEN 'SLOW_MODE'
    ELSE 'stored'
  END;

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

-- Title, cap, minimum, deadline, slow mode. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: those without an account beyond their share of it, then whoever gives way, `p_portion` of
-- them. Where that is not all, the wanted cap is kept in `cap_target`, and the cap itself goes down as far as it can, and
-- further with each `lower_portion`. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first
-- version has six parameters. `p_by` asks, null is the service: slow mode is an act of moderation.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ,
  p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT '{}', p_portion INTEGER DEFAULT 250,
  p_slow INTEGER DEFAULT NULL, p_by TEXT DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  before chat.rooms;
  goal chat.rooms;
  since BIGINT;
  recruiting BOOLEAN;
  beyond BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  r.cap_target := coalesce(r.cap_target, r.max_participants);
  before := r;
  r.title := coalesce(p_title, r.title);
  r.cap_target := coalesce(p_max, r.cap_target);
  r.min_participants := CASE WHEN p_clear_min THEN NULL ELSE coalesce(p_min, r.min_participants) END;
  r.expires_at := coalesce(p_expires, r.expires_at);
  r.slow_mode_seconds := coalesce(p_slow, r.slow_mode_seconds);
  IF r = before THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  -- Of its members nothing is kept there, also not when they spoke last.
  IF r.product_id IS NULL AND r.slow_mode_seconds > 0 THEN RETURN jsonb_build_object('outcome', 'IS_LOBBY'); END IF;
  recruiting := r.cap_target <> before.cap_target OR r.expires_at IS DISTINCT FROM before.expires_at
    OR r.min_participants IS DISTINCT FROM before.min_participants;
  IF recruiting AND r.status <> 'ACTIVE' AND NOT r.provisional THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.cap_target < r.committed_count THEN RETURN jsonb_build_object('outcome', 'BELOW_BUYERS'); END IF;
  IF r.min_participants > r.cap_target THEN RETURN jsonb_build_object('outcome', 'MIN_ABOVE_MAX'); END IF;
  -- The deadline was moved while expiry already had ended the room: the move was waiting in trade's outbox.
  IF r.provisional AND r.expires_at > clock_timestamp() AND r.expires_at IS DISTINCT FROM before.expires_at THEN
    r.status := 'ACTIVE';
    r.reason := NULL;
    r.provisional := false;
    r.closed_at := NULL;
    r.clearing := false;
    r.anonymous_count := (SELECT count(*) FROM chat.members
      WHERE room_id = p_room AND anonymous AND NOT committed AND NOT host AND left_at IS NULL);
  END IF;
  IF r.cap_target <> before.cap_target AND r.cap_target < r.max_participants THEN
    goal := r;
    goal.max_participants := r.cap_target;
    beyond := CASE r.status WHEN 'ACTIVE' THEN r.anonymous_count - chat.anonymous_places(goal, p_share) ELSE 0 END;
    IF p_online IS NULL AND (beyond > 0 OR r.participant_count > r.cap_target) THEN
      RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
    END IF;
    r := chat.give_way(r, least(beyond, p_portion), 'CAP_LOWERED', p_online, true);
    r := chat.give_way(r, least(r.participant_count - r.cap_target, p_portion - (r.last_seq - since)),
      'CAP_LOWERED', p_online, false);
  END IF;
  IF r.slow_mode_seconds <> before.slow_mode_seconds THEN
    PERFORM chat.note_moderation('room.slow_mode', p_room, NULL, p_by,
      jsonb_build_object('slowModeSeconds', r.slow_mode_seconds));
  END IF;
  r := chat.approach_cap(r, p_share);
  r.last_seq :=
    chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  UPDATE chat.rooms SET title = r.title, max_participants = r.max_participants, min_participants = r.min_participants,
    expires_at = r.expires_at, status = r.status, reason = r.reason, provisional = r.provisional,
    closed_at = r.closed_at, last_seq = r.last_seq, participant_count = r.participant_count,
    anonymous_count = r.anonymous_count, clearing = r.clearing, cap_target = r.cap_target,
    slow_mode_seconds = r.slow_mode_seconds
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

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
  row_of_change chat.messages;
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
  row_of_change := chat.add_change(r, p_seq, CASE WHEN p_on THEN 'pinned' ELSE 'unpinned' END, p_user, p_nickname, p_tag,
    jsonb_build_object('pinnedMessageIds', r.pinned), clock_timestamp());
  RETURN jsonb_build_object('outcome', 'changed', 'row', chat.message_json(row_of_change));
END $$;

-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `newest` is the newest message that stands of those
-- that he has not read, and none of his own, where texts are told; who may not be in the room any more is told nothing.
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

-- Whether somebody may do what members may: the service (null) does. Whose membership it is changes under the room's lock
-- only. In the lobby everybody is a member who is not banned; a guest who is still to go from a room that was closed is none.
CREATE OR REPLACE FUNCTION chat.is_within(r chat.rooms, p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN p_user IS NULL OR CASE
    WHEN r.product_id IS NULL
      THEN NOT r.restricted OR chat.restriction_of(r.room_id, p_user) IS DISTINCT FROM 'BAN'
    ELSE EXISTS (
      SELECT FROM chat.members b WHERE b.room_id = r.room_id AND b.user_id = p_user AND chat.is_present(b.left_at)
        AND (NOT r.clearing OR b.host OR b.committed))
    END;

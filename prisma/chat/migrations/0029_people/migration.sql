-- CreateTable
CREATE TABLE "authors" (
    "user_id" TEXT NOT NULL,
    "room_id" TEXT NOT NULL,
    "read_seq" BIGINT NOT NULL DEFAULT 0,
    "found" BIGINT[] DEFAULT ARRAY[]::BIGINT[],

    CONSTRAINT "authors_pkey" PRIMARY KEY ("user_id","room_id")
);

-- CreateTable
CREATE TABLE "author_fills" (
    "room_id" TEXT NOT NULL,
    "read_seq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "author_fills_pkey" PRIMARY KEY ("room_id")
);

-- CreateTable
CREATE TABLE "erasures" (
    "id" BIGSERIAL NOT NULL,
    "user_id" TEXT,
    "pseudonym" TEXT NOT NULL DEFAULT ('erased-'::text || substr(replace((gen_random_uuid())::text, '-'::text, ''::text), 1, 12)),
    "status" TEXT NOT NULL DEFAULT 'RUNNING',
    "counts" JSONB NOT NULL DEFAULT '{}',
    "waits_for" JSONB NOT NULL DEFAULT '{}',
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "looked_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "erasures_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "authors_room_id_idx" ON "authors"("room_id");

-- CreateIndex
CREATE UNIQUE INDEX "erasures_user_id_key" ON "erasures"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "erasures_pseudonym_key" ON "erasures"("pseudonym");

-- CreateIndex
CREATE INDEX "erasures_finished_at_id_idx" ON "erasures"("finished_at", "id");

-- Adds one row of change about the message `p_seq`, with `detail` beside who did it. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.add_change(
  r chat.rooms, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, detail JSONB, stamp TIMESTAMPTZ
) RETURNS chat.messages
LANGUAGE plpgsql AS $$
DECLARE
  row_of_change chat.messages;
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, changes_seq, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM',
    coalesce(p_nickname, 'The service') || ' ' || CASE p_change WHEN 'reacted' THEN 'reacted to' ELSE p_change END
      || ' a message',
    jsonb_build_object('event', 'message.changed', 'change', p_change, 'by', CASE WHEN p_user IS NOT NULL THEN
      jsonb_build_object('userId', p_user, 'nickname', p_nickname, 'tag', p_tag) END) || detail,
    p_seq, stamp)
  RETURNING * INTO row_of_change;
  UPDATE chat.rooms SET last_seq = r.last_seq + 1 WHERE room_id = r.room_id;
  PERFORM chat.note_author(r.room_id, p_user);
  RETURN row_of_change;
END $$;

-- Adds one SYSTEM row, and notes whom it names. The caller holds the lock and writes `last_seq` itself, as the returned number.
CREATE OR REPLACE FUNCTION chat.add_system(r chat.rooms, event TEXT, content TEXT, detail JSONB) RETURNS BIGINT
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', content,
          jsonb_build_object('event', event) || detail, clock_timestamp());
  PERFORM chat.note_author(r.room_id, coalesce(detail #>> '{participant,userId}', detail #>> '{user,userId}'));
  RETURN r.last_seq + 1;
END $$;

-- The append of a batch in which nothing is wrong: `p_rooms` each once, with how many messages are for it; each pair of a
-- room and a sender once (null: the service), with whether he sends a notice, the newest message that he answers, and the
-- place of his last one; `p_keys`: of each room, the number of the key that texts are sealed with, null where they are
-- clear; then the messages, each with the number of its room and its place among those for it. For each
-- room the position before its first message; no row where any message is refused or was stored before: then nothing is
-- changed, and `append_messages` finds which one. That is not looked for here, as it is half of what a message costs there
-- (PostgreSQL 18, CPU of a batch, medians of 14 interleaved pairs, this / that: 400 messages of 50 rooms 0.55, 50 of 50
-- 0.72, 2 of 2 0.72). Rooms and members are locked and read at once, in the order in which all lock them.
CREATE OR REPLACE FUNCTION chat.append_fresh(
  p_rooms TEXT[], p_counts INTEGER[],
  p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_pair_notices BOOLEAN[], p_pair_replies BIGINT[], p_pair_lasts INTEGER[],
  p_room_nos INTEGER[], p_places INTEGER[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[],
  p_kinds TEXT[], p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[],
  p_keys INTEGER[] DEFAULT NULL
) RETURNS TABLE (last_seq BIGINT, last_chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  stamp TIMESTAMPTZ(3);
  -- By the number of the room. Of a fixed width: an element of such an array is found without reading those before it.
  seqs BIGINT[];
  chat_nos BIGINT[];
  lobbies BOOLEAN[];
  cancelled BOOLEAN[];
  clearings BOOLEAN[];
  -- Some room has restrictions or slow mode.
  ordered BOOLEAN;
  -- Some room has another key than the one its messages are sealed with.
  stale BOOLEAN;
  room_tids TID[];
  member_tids TID[];
  fine BOOLEAN;
BEGIN
  SELECT array_agg(r.last_seq ORDER BY r.n), array_agg(r.last_chat_no ORDER BY r.n),
    array_agg(r.product_id IS NULL ORDER BY r.n), array_agg(r.status = 'CANCELLED' ORDER BY r.n),
    array_agg(r.clearing ORDER BY r.n), array_agg(r.place ORDER BY r.n), bool_or(r.ordered),
    bool_or(p_keys[r.n] <> coalesce(r.key_no, 0))
  INTO seqs, chat_nos, lobbies, cancelled, clearings, room_tids, ordered, stale
  FROM (
    SELECT i.n, r.* FROM (
      SELECT u.room_id, u.n FROM unnest(p_rooms) WITH ORDINALITY u (room_id, n) ORDER BY u.room_id
    ) i
    CROSS JOIN LATERAL (
      SELECT r.last_seq, r.last_chat_no, r.product_id, r.status, r.clearing, r.ctid AS place, r.key_no,
        r.restricted OR r.slow_mode_seconds > 0 AS ordered FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0 FOR NO KEY UPDATE
    ) r OFFSET 0
  ) r;
  IF cardinality(seqs) IS DISTINCT FROM cardinality(p_rooms) OR stale THEN
    RETURN;
  END IF;
  SELECT bool_and(v.verdict = 'stored'), array_agg(v.place ORDER BY v.n) INTO fine, member_tids FROM (
    SELECT i.n, m.place, chat.append_verdict(
      '', CASE WHEN lobbies[i.room_no] THEN NULL ELSE '' END, CASE WHEN cancelled[i.room_no] THEN 'CANCELLED' END,
      clearings[i.room_no], seqs[i.room_no], m.user_id, m.left_at, m.host, m.committed, i.user_id,
      CASE WHEN i.notice THEN 'NOTIFICATION' ELSE 'CHAT' END, i.reply_to, NULL, NULL
    ) AS verdict
    FROM (
      SELECT p_rooms[u.room_no] AS room_id, u.* FROM unnest(p_pair_rooms, p_pair_senders, p_pair_notices, p_pair_replies)
        WITH ORDINALITY u (room_no, user_id, notice, reply_to, n)
      ORDER BY room_id, u.user_id
    ) i
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.ctid AS place FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE
    ) m ON true OFFSET 0
  ) v;
  IF NOT fine THEN
    RETURN;
  END IF;
  IF ordered AND chat.is_held_back(p_rooms, p_pair_rooms, p_pair_senders, p_room_nos, p_senders) THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  BEGIN
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at, key_no)
    SELECT p_rooms[i.room_no], seqs[i.room_no] + i.place, chat_nos[i.room_no] + i.place, i.kind, i.sender_id, i.nickname,
      i.tag, i.client_id, i.content, i.reply_to, i.data::jsonb, i.signal_type, stamp,
      p_keys[i.room_no]
    FROM unnest(
      p_room_nos, p_places, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types
    ) i (room_no, place, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type);
  EXCEPTION WHEN unique_violation THEN
    RETURN;
  END;
  -- Who is a member was named as he became one.
  IF true = ANY (lobbies) THEN
    PERFORM chat.note_author(p_rooms[i.room_no], i.user_id) FROM unnest(p_pair_rooms, p_pair_senders) i (room_no, user_id)
    WHERE lobbies[i.room_no];
  END IF;
  UPDATE chat.rooms r SET last_seq = r.last_seq + c.n, last_chat_no = r.last_chat_no + c.n,
    clear_from = coalesce(r.clear_from, CASE WHEN c.key_no IS NULL THEN r.last_seq + 1 END)
  FROM unnest(room_tids, p_counts, p_keys) c (place, n, key_no) WHERE r.ctid = c.place;
  -- Who talks has read. A mark is never past the newest row.
  UPDATE chat.members m
  SET last_read_seq = seqs[c.room_no] + c.last, last_read_chat_no = chat_nos[c.room_no] + c.last, last_sent_at = stamp
  FROM unnest(member_tids, p_pair_rooms, p_pair_lasts) c (place, room_no, last) WHERE m.ctid = c.place;
  RETURN QUERY SELECT i.seq, i.chat_no, chat.iso(stamp) FROM unnest(seqs, chat_nos) i (seq, chat_no);
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
  -- Who is a member was named as he became one.
  PERFORM chat.note_author(i.room_id, i.sender_id)
  FROM (SELECT DISTINCT u.room_id, u.sender_id, coalesce(u.admin, false) AS admin
    FROM unnest(p_rooms, p_senders, p_admins) u (room_id, sender_id, admin)) i
  WHERE i.admin OR EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = i.room_id AND r.product_id IS NULL);
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
  -- Who is a member was named as he became one.
  IF room.product_id IS NULL OR p_admin THEN PERFORM chat.note_author(p_room, p_sender); END IF;
  IF member.user_id IS NOT NULL THEN
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = append_one.seq, last_read_chat_no = append_one.chat_no, last_sent_at = stamp
    WHERE m.room_id = p_room AND m.user_id = p_sender AND m.last_read_seq < append_one.seq;
  END IF;
END $$;

-- Removes a room with its members, messages, what searches know of them, and its key, which only reports of it
-- keep (`forget_reports`). True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.mentions WHERE room_id = p_room;
  PERFORM chat.drop_files(p_room, NULL);
  DELETE FROM chat.reactions WHERE room_id = p_room;
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.search_grams WHERE room_id = p_room;
  DELETE FROM chat.authors WHERE room_id = p_room;
  DELETE FROM chat.author_fills WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  DELETE FROM chat.room_keys k WHERE k.room_id = p_room AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = p_room);
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- One portion of an erasure in one room, under its lock: `p_limit` rows that are rewritten at most, and ten times as many that
-- are read. First he is a member no more, then he has reacted to nothing, then no row names him, and then the room is done.
-- `messages`: the rows that tell of it, as instances and members must hear them. Null: not now.
CREATE OR REPLACE FUNCTION chat.erase_in_room(e chat.erasures, p_room TEXT, p_limit INTEGER) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  a chat.authors;
  since BIGINT;
  newest BIGINT;
  told JSONB;
  more BIGINT[];
  chosen BIGINT[] := '{}';
  reacted BIGINT;
  ended BOOLEAN := false;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    DELETE FROM chat.authors o WHERE o.user_id = e.user_id AND o.room_id = p_room;
    RETURN '{"counts": {}, "messages": []}';
  END IF;
  SELECT * INTO m FROM chat.members o WHERE o.room_id = p_room AND o.user_id = e.user_id FOR UPDATE;
  IF chat.is_held('ROOM', p_room) OR r.status = 'ACTIVE' AND (m.committed OR m.host) THEN RETURN NULL; END IF;
  since := r.last_seq;

  IF m.user_id IS NOT NULL THEN
    IF chat.is_present(m.left_at) THEN
      IF NOT m.host THEN r.participant_count := r.participant_count - 1; END IF;
      IF m.anonymous AND NOT m.committed THEN r.anonymous_count := r.anonymous_count - 1; END IF;
      r.last_seq := chat.add_system(r, 'participant.left', m.nickname || ' left', jsonb_build_object(
        'participant', chat.participant_json(m, false),
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    -- Of a purchase that ended the record stays, as in trade.
    IF m.committed THEN
      UPDATE chat.members o SET user_id = e.pseudonym, nickname = '', tag = NULL, left_at = coalesce(o.left_at, clock_timestamp())
      WHERE o.room_id = p_room AND o.user_id = e.user_id;
    ELSE
      DELETE FROM chat.members o WHERE o.room_id = p_room AND o.user_id = e.user_id;
    END IF;
    PERFORM chat.save_counters(r);
  END IF;
  IF r.host_id = e.user_id THEN
    UPDATE chat.rooms o SET host_id = e.pseudonym, last_seq = r.last_seq + 1,
      opening = o.opening || jsonb_build_object('hostId', e.pseudonym, 'hostNickname', '')
    WHERE o.room_id = p_room;
    r.host_id := e.pseudonym;
    r.last_seq := chat.add_system(r, 'room.updated', 'The room was updated',
      jsonb_build_object('room', chat.room_json(r)));
  END IF;
  DELETE FROM chat.departures o WHERE o.room_id = p_room AND o.user_id = e.user_id;
  DELETE FROM chat.restrictions o WHERE o.room_id = p_room AND o.user_id = e.user_id;
  UPDATE chat.restrictions o SET by_user_id = e.pseudonym WHERE o.room_id = p_room AND o.by_user_id = e.user_id;

  reacted := r.last_seq;
  r := chat.unreact_user(r, e.user_id, p_limit);
  reacted := r.last_seq - reacted;
  -- As they are before he is no longer named: who has him among the members must know that he left.
  SELECT coalesce(jsonb_agg(chat.message_json(t) ORDER BY t.seq), '[]') INTO told
  FROM chat.messages t WHERE t.room_id = p_room AND t.seq > since AND t.seq <= r.last_seq;

  IF reacted < p_limit THEN
    SELECT * INTO a FROM chat.authors o WHERE o.user_id = e.user_id AND o.room_id = p_room;
    IF cardinality(a.found) < p_limit THEN
      SELECT coalesce(array_agg(w.seq ORDER BY w.seq) FILTER (WHERE w.his), '{}'), max(w.seq) INTO more, newest
      FROM (
        SELECT t.seq, CASE t.kind WHEN 'SYSTEM' THEN chat.named_by(t.data) IS NOT DISTINCT FROM e.user_id
          ELSE t.sender_id IS NOT DISTINCT FROM e.user_id OR e.user_id = ANY (t.mentions) END AS his
        FROM chat.messages t WHERE t.room_id = p_room AND t.seq > a.read_seq ORDER BY t.seq LIMIT 10 * p_limit) w;
      a.found := a.found || more;
      a.read_seq := coalesce(newest, r.last_seq);
    END IF;
    IF cardinality(a.found) >= p_limit OR a.read_seq >= r.last_seq THEN
      chosen := a.found[1:p_limit];
      a.found := a.found[p_limit + 1:];
      ended := a.read_seq >= r.last_seq AND cardinality(a.found) = 0;
      IF cardinality(chosen) > 0 THEN
        r := chat.erase_rows(r, chosen, e.user_id, e.pseudonym);
        UPDATE chat.rooms o SET last_seq = r.last_seq WHERE o.room_id = p_room;
        SELECT told || jsonb_build_array(chat.message_json(t)) INTO told
        FROM chat.messages t WHERE t.room_id = p_room AND t.seq = r.last_seq;
      END IF;
    END IF;
    IF ended THEN
      DELETE FROM chat.authors o WHERE o.user_id = e.user_id AND o.room_id = p_room;
    ELSE
      UPDATE chat.authors o SET found = a.found, read_seq = a.read_seq
      WHERE o.user_id = e.user_id AND o.room_id = p_room;
    END IF;
  END IF;
  RETURN jsonb_build_object('messages', told, 'counts', jsonb_build_object(
    'rooms', CASE WHEN ended THEN 1 ELSE 0 END, 'reactions', reacted, 'rows', cardinality(chosen)));
END $$;

-- One portion of the oldest erasure that can go on, in one transaction: whoever is killed in it has done none of it, and
-- another goes on. Null: there is nothing to do. Left is what is held for a legal reason, and rooms that are ACTIVE where he
-- buys or is the host, as trade, or the shop, ends that first; and bytes of files are removed by another job. The erasure then
-- waits, and is looked at again when `p_retry_s` have passed. `messages`: rows of one room that tell of it.
CREATE OR REPLACE FUNCTION chat.erase_portion(p_limit INTEGER, p_retry_s INTEGER) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  e chat.erasures;
  v_room TEXT;
  v_told JSONB := '[]';
  v_counts JSONB;
  v_done INTEGER;
  v_waits JSONB;
BEGIN
  SELECT * INTO e FROM chat.erasures o
  WHERE o.finished_at IS NULL AND (o.looked_at IS NULL OR o.looked_at < clock_timestamp() - p_retry_s * interval '1 second')
  ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN NULL; END IF;

  IF chat.is_held('USER', e.user_id) THEN
    v_waits := jsonb_build_object('held', 1);
  ELSIF chat.fill_authors(10 * p_limit) THEN
    -- Rows of before say first whom they name.
    v_counts := '{}';
  ELSE
    SELECT a.room_id INTO v_room FROM chat.authors a
    LEFT JOIN chat.rooms o ON o.room_id = a.room_id
    LEFT JOIN chat.members m ON m.room_id = a.room_id AND m.user_id = a.user_id
    WHERE a.user_id = e.user_id AND NOT chat.is_held('ROOM', a.room_id)
      AND (o.status = 'ACTIVE' AND (m.committed OR m.host)) IS NOT TRUE
    ORDER BY a.room_id LIMIT 1;
    IF FOUND THEN
      v_told := chat.erase_in_room(e, v_room, p_limit);
      v_counts := coalesce(v_told -> 'counts', '{}');
      v_told := coalesce(v_told -> 'messages', '[]');
    END IF;
    IF v_counts IS NULL THEN
      UPDATE chat.uploads u SET user_id = e.pseudonym, name = '', attachment = NULL, key_no = NULL, state = 'GONE'
      WHERE u.upload_id IN (SELECT o.upload_id FROM chat.uploads o WHERE o.user_id = e.user_id
        AND NOT chat.is_held('ROOM', o.room_id) LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_counts := jsonb_build_object('files', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      -- Copies of what he said where the room is no more; what he reported stays without his words, which are bound to his id.
      DELETE FROM chat.reports p WHERE p.message #>> '{sender,userId}' = e.user_id AND NOT chat.is_held('ROOM', p.room_id);
      UPDATE chat.reports p SET reporter_id = e.pseudonym, note = NULL, resolution = NULL
      WHERE p.reporter_id = e.user_id AND NOT chat.is_held('ROOM', p.room_id);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      UPDATE chat.reports p SET ended_by = e.pseudonym WHERE p.ended_by = e.user_id;
      IF v_done > 0 THEN v_counts := jsonb_build_object('reports', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      UPDATE chat.moderations t SET
        user_id = CASE WHEN t.user_id = e.user_id THEN e.pseudonym ELSE t.user_id END,
        by_user_id = CASE WHEN t.by_user_id = e.user_id THEN e.pseudonym ELSE t.by_user_id END,
        detail = CASE WHEN t.user_id = e.user_id THEN t.detail - 'reason' ELSE t.detail END
      WHERE t.id IN (SELECT o.id FROM chat.moderations o WHERE o.user_id = e.user_id OR o.by_user_id = e.user_id
        LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_counts := jsonb_build_object('moderations', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      DELETE FROM chat.push_subscriptions s WHERE s.user_id = e.user_id;
      GET DIAGNOSTICS v_done = ROW_COUNT;
      DELETE FROM chat.nickname_tags t WHERE t.user_id = e.user_id;
      DELETE FROM chat.tickets t WHERE t.claims ->> 'userId' = e.user_id;
      DELETE FROM chat.admins t WHERE t.user_id = e.user_id;
      DELETE FROM chat.departures d WHERE d.user_id = e.user_id;
      UPDATE chat.holds h SET by_user_id = e.pseudonym WHERE h.by_user_id = e.user_id;
      UPDATE chat.bars b SET by_user_id = e.pseudonym WHERE b.by_user_id = e.user_id;
      IF v_done > 0 THEN v_counts := jsonb_build_object('pushSubscriptions', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      SELECT jsonb_strip_nulls(jsonb_build_object(
        'heldRooms', nullif(count(*) FILTER (WHERE chat.is_held('ROOM', a.room_id)), 0),
        'openPurchases', nullif(count(*) FILTER (WHERE m.committed AND o.status = 'ACTIVE'), 0),
        'openRooms', nullif(count(*) FILTER (WHERE m.host AND o.status = 'ACTIVE'), 0),
        'files', nullif((SELECT count(*) FROM chat.uploads u WHERE u.user_id = e.pseudonym AND u.removed_at IS NULL), 0)))
      INTO v_waits FROM chat.authors a
      LEFT JOIN chat.rooms o ON o.room_id = a.room_id
      LEFT JOIN chat.members m ON m.room_id = a.room_id AND m.user_id = a.user_id
      WHERE a.user_id = e.user_id;
      IF v_waits = '{}' THEN v_waits := NULL; END IF;
    END IF;
  END IF;

  IF v_waits IS NOT NULL THEN
    UPDATE chat.erasures o SET status = 'WAITING', waits_for = v_waits, looked_at = clock_timestamp() WHERE o.id = e.id
    RETURNING * INTO e;
  ELSIF v_counts IS NOT NULL THEN
    UPDATE chat.erasures o SET status = 'RUNNING', waits_for = '{}', looked_at = NULL,
      counts = o.counts || coalesce((SELECT jsonb_object_agg(c.key, c.value::INTEGER + coalesce((o.counts ->> c.key)::INTEGER, 0))
        FROM jsonb_each_text(v_counts) c WHERE c.value <> '0'), '{}')
    WHERE o.id = e.id RETURNING * INTO e;
  ELSIF clock_timestamp() < e.requested_at + interval '5 seconds' THEN
    -- What was let in before his tokens were refused may still be under way.
    UPDATE chat.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSE
    UPDATE chat.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN jsonb_build_object('erasure', chat.erasure_json(e), 'messages', v_told);
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

-- Reads whom rows name that were stored before that was noted: up to `p_limit` rows of one room, under its lock. False: all were
-- read, or what is left is being read by somebody else.
CREATE OR REPLACE FUNCTION chat.fill_authors(p_limit INTEGER) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
DECLARE
  f chat.author_fills;
  upto BIGINT;
  amount INTEGER;
BEGIN
  SELECT * INTO f FROM chat.author_fills o ORDER BY o.room_id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = f.room_id FOR NO KEY UPDATE;
  WITH few AS MATERIALIZED (
    SELECT m.seq, CASE m.kind WHEN 'SYSTEM' THEN chat.named_by(m.data) ELSE m.sender_id END AS user_id FROM chat.messages m
    WHERE m.room_id = f.room_id AND m.seq > f.read_seq ORDER BY m.seq LIMIT p_limit
  ), noted AS (
    INSERT INTO chat.authors (user_id, room_id) SELECT DISTINCT w.user_id, f.room_id FROM few w WHERE w.user_id IS NOT NULL
    ON CONFLICT DO NOTHING
  )
  SELECT max(w.seq), count(*) INTO upto, amount FROM few w;
  IF amount < p_limit THEN
    DELETE FROM chat.author_fills o WHERE o.room_id = f.room_id;
  ELSE
    UPDATE chat.author_fills o SET read_seq = upto WHERE o.room_id = f.room_id;
  END IF;
  RETURN true;
END $$;

-- Whom a SYSTEM row names, by its `data`: there is at most one in each. Null: nobody.
CREATE OR REPLACE FUNCTION chat.named_by(data JSONB) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN coalesce(data #>> '{participant,userId}', data #>> '{user,userId}', data #>> '{by,userId}',
    data #>> '{room,hostId}');

-- Notes that rows of a room name somebody: his messages, or SYSTEM rows that tell of him. Null: nobody. The caller holds the
-- room's lock.
CREATE OR REPLACE FUNCTION chat.note_author(p_room TEXT, p_user TEXT) RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO chat.authors (user_id, room_id) SELECT p_user, p_room WHERE p_user IS NOT NULL ON CONFLICT DO NOTHING;
$$;

-- Positions, ascending, as ranges, each of its first and its last: [[1, 3], [7, 7]].
CREATE OR REPLACE FUNCTION chat.ranges_of(seqs BIGINT[]) RETURNS JSONB
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(g.first, g.last) ORDER BY g.first), '[]') FROM (
    SELECT min(i.seq) AS first, max(i.seq) AS last
    FROM (SELECT u.seq, u.seq - row_number() OVER (ORDER BY u.seq) AS run FROM unnest(seqs) u (seq)) i
    GROUP BY i.run) g;
$$;

-- Begins to erase a user, or says how far that is. `p_dry`: says what there is, and changes nothing.
-- Outcomes: ok, held (for a legal reason).
CREATE OR REPLACE FUNCTION chat.request_erasure(p_user TEXT, p_by TEXT, p_dry BOOLEAN)
RETURNS TABLE (outcome TEXT, erasure JSONB, amount JSONB)
LANGUAGE plpgsql AS $$
DECLARE
  e chat.erasures;
  v_amount JSONB := jsonb_build_object(
    'rooms', (SELECT count(*) FROM (SELECT a.room_id FROM chat.authors a WHERE a.user_id = p_user
      UNION SELECT m.room_id FROM chat.members m WHERE m.user_id = p_user) o),
    'heldRooms', (SELECT count(*) FROM chat.authors a WHERE a.user_id = p_user AND chat.is_held('ROOM', a.room_id)),
    'openPurchases', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.committed AND r.status = 'ACTIVE'),
    'openRooms', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.host AND r.status = 'ACTIVE'),
    'files', (SELECT count(*) FROM chat.uploads u WHERE u.user_id = p_user AND u.state <> 'GONE'),
    'reports', (SELECT count(*) FROM chat.reports p
      WHERE p.reporter_id = p_user OR p.message #>> '{sender,userId}' = p_user),
    'pushSubscriptions', (SELECT count(*) FROM chat.push_subscriptions s WHERE s.user_id = p_user));
BEGIN
  IF chat.is_held('USER', p_user) THEN
    RETURN QUERY SELECT 'held', NULL::JSONB, v_amount;
    RETURN;
  END IF;
  SELECT * INTO e FROM chat.erasures o WHERE o.user_id = p_user;
  IF FOUND OR p_dry THEN
    RETURN QUERY SELECT 'ok', CASE WHEN e.id IS NOT NULL THEN chat.erasure_json(e) END, v_amount;
    RETURN;
  END IF;
  PERFORM chat.note_moderation('user.erased', NULL, p_user, p_by, '{}');
  PERFORM chat.bar_user(p_user, 'revoke', NULL, NULL, p_by);
  INSERT INTO chat.erasures AS o (user_id) VALUES (p_user)
  ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING * INTO e;
  -- Where he is by something that no row tells any more.
  INSERT INTO chat.authors (user_id, room_id) SELECT p_user, m.room_id FROM chat.members m WHERE m.user_id = p_user
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT 'ok', chat.erasure_json(e), v_amount;
END $$;

-- The `data` of a SYSTEM row that names somebody, with `nobody` (`userId`, `nickname`, `tag`) in his place.
CREATE OR REPLACE FUNCTION chat.unnamed_data(data JSONB, nobody JSONB) RETURNS JSONB
LANGUAGE sql IMMUTABLE
  RETURN data
    || CASE WHEN data #> '{participant,userId}' IS NULL THEN '{}'
      ELSE jsonb_build_object('participant', data -> 'participant' || nobody) END
    || CASE WHEN data #> '{user,userId}' IS NULL THEN '{}' ELSE jsonb_build_object('user', data -> 'user' || nobody) END
    || CASE WHEN data #> '{by,userId}' IS NULL THEN '{}' ELSE jsonb_build_object('by', data -> 'by' || nobody) END
    || CASE WHEN data #> '{room,hostId}' IS NULL OR jsonb_typeof(data #> '{room,hostId}') = 'null' THEN '{}'
      ELSE jsonb_build_object('room', data -> 'room' || jsonb_build_object('hostId', nobody -> 'userId')) END;

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
    PERFORM chat.add_change(r, m.seq, 'reacted', NULL, NULL, NULL, '{}', clock_timestamp());
    r.last_seq := r.last_seq + 1;
  END LOOP;
  RETURN r;
END $$;

-- How far an erasure is, as the wire shows it.
CREATE OR REPLACE FUNCTION chat.erasure_json(e chat.erasures) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('id', e.id::TEXT, 'status', e.status, 'pseudonym', e.pseudonym,
    'counts', e.counts, 'waitsFor', e.waits_for, 'requestedAt', chat.iso(e.requested_at),
    'finishedAt', chat.iso(e.finished_at));

-- Rows of before are read online, in portions.
INSERT INTO "author_fills" ("room_id") SELECT "room_id" FROM "rooms";

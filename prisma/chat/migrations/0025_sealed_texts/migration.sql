DROP FUNCTION chat.announce_upload(text,text,text,text,text,bigint,integer),
  chat.append_attached(text,text,text,text,text,text,text,bigint,text,text,text,boolean,text[]),
  chat.append_fresh(text[],integer[],integer[],text[],boolean[],bigint[],integer[],integer[],integer[],text[],text[],text[],text[],text[],text[],bigint[],text[],text[]),
  chat.append_messages(text[],text[],text[],text[],text[],text[],text[],bigint[],text[],text[]),
  chat.append_noting(text[],text[],text[],text[],text[],text[],text[],bigint[],text[],text[],text[],boolean[]),
  chat.append_one(text,text,text,text,text,text,text,bigint,text,text),
  chat.change_message(text,bigint,text,text,text,text,boolean,text,bigint,integer,jsonb,boolean,boolean),
  chat.end_report(bigint,text,text,text),
  chat.open_search_room(text,bytea),
  chat.report_message(text,bigint,text,text,text),
  chat.take_absent(text[],integer,boolean,integer);

-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "key_no" INTEGER;

-- AlterTable
ALTER TABLE "reports" ADD COLUMN     "key_no" INTEGER;

-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "clear_from" BIGINT DEFAULT 1,
ADD COLUMN     "key_no" INTEGER,
ADD COLUMN     "sealing_until" TIMESTAMPTZ(3);

-- Of rooms that are there, all is clear. Not so of new ones; a default that is taken away again writes no row anew.
ALTER TABLE "rooms" ALTER COLUMN "clear_from" DROP DEFAULT;

-- AlterTable
ALTER TABLE "search_rooms" ADD COLUMN     "key_no" INTEGER,
ADD COLUMN     "renewed" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "uploads" ADD COLUMN     "key_no" INTEGER;

-- CreateTable
CREATE TABLE "room_keys" (
    "key_no" SERIAL NOT NULL,
    "room_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "room_keys_pkey" PRIMARY KEY ("key_no")
);

-- What is still clear.
CREATE INDEX "rooms_clear" ON "rooms" ("room_id") WHERE "clear_from" IS NOT NULL;
CREATE INDEX "uploads_clear" ON "uploads" ("upload_id") WHERE "name" <> '' AND ("key_no" IS NULL OR NOT "attachment" ? 'keyNo');
CREATE INDEX "reports_clear" ON "reports" ("report_id") WHERE "key_no" IS NULL OR NOT "message" ? 'keyNo';

-- CreateIndex
CREATE INDEX "room_keys_room_id_idx" ON "room_keys"("room_id");

-- CreateIndex
CREATE INDEX "room_keys_key_id_key_no_idx" ON "room_keys"("key_id", "key_no");

-- Notes a file that a member wants to upload, at most `p_per_hour` a user in an hour (0: any number). Outcomes: announced,
-- NOT_FOUND (no such room), NOT_A_MEMBER, BANNED, MUTED, ROOM_READ_ONLY, RATE_LIMITED (`waitMs` until the oldest counts no more).
-- `p_key_no`: the key that the name is sealed with; null: it is clear. A user's announcements wait for each other, so that the number is exact.
CREATE OR REPLACE FUNCTION chat.announce_upload(
  p_room TEXT, p_user TEXT, p_upload TEXT, p_name TEXT, p_type TEXT, p_bytes BIGINT, p_per_hour INTEGER,
  p_key_no INTEGER DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  restriction TEXT;
  stamp TIMESTAMPTZ;
  counts_from TIMESTAMPTZ;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  IF p_per_hour > 0 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.uploads:' || p_user, 0));
    stamp := clock_timestamp();
    SELECT u.created_at INTO counts_from FROM chat.uploads u
    WHERE u.user_id = p_user AND u.created_at > stamp - interval '1 hour'
    ORDER BY u.created_at DESC OFFSET p_per_hour - 1 LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'RATE_LIMITED',
        'waitMs', ceil(extract(epoch FROM counts_from + interval '1 hour' - stamp) * 1000));
    END IF;
  END IF;
  IF p_key_no <> coalesce(r.key_no, 0) THEN RETURN jsonb_build_object('outcome', 'STALE'); END IF;
  INSERT INTO chat.uploads (upload_id, room_id, user_id, name, type, bytes, key_no)
  VALUES (p_upload, p_room, p_user, p_name, p_type, p_bytes, p_key_no);
  RETURN jsonb_build_object('outcome', 'announced');
END $$;

-- The append of a single message with files: that of all others (`append_noting`), and it takes its sender's uploads of the room along, in the order in which
-- they are named. ATTACHMENT_UNKNOWN: one of them is not there, not READY, another's or in a message already; then nothing is
-- stored. A retry is answered with what was stored the first time, whatever became of its files.
CREATE OR REPLACE FUNCTION chat.append_attached(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_notes TEXT, p_all BOOLEAN, p_uploads TEXT[],
  p_key_no INTEGER DEFAULT NULL,
  OUT outcome TEXT, OUT seq BIGINT, OUT chat_no BIGINT, OUT created_at TEXT, OUT mentions TEXT[], OUT attachments JSONB
) LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  SELECT o.outcome, o.seq, o.chat_no, o.created_at, o.mentions INTO outcome, seq, chat_no, created_at, mentions
  FROM chat.append_noting(ARRAY[p_room], ARRAY[p_sender], ARRAY[p_nickname], ARRAY[p_tag], ARRAY[p_client_id],
    ARRAY[p_kind], ARRAY[p_content], ARRAY[p_reply_to], ARRAY[p_data], ARRAY[p_signal_type], ARRAY[p_notes],
    ARRAY[p_all], ARRAY[p_key_no]) o;
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
CREATE OR REPLACE FUNCTION chat.append_messages(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL, p_keys INTEGER[] DEFAULT NULL
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
      p_kinds[1], p_contents[1], p_reply_tos[1], p_datas[1], p_signal_types[1], p_keys[1]);
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
      p_keys
    ) WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, key_no,
      n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no,
      d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      r.slow_mode_seconds, m.host, w.wait_ms, i.key_no <> coalesce(r.key_no, 0) AS stale,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        ELSE chat.append_verdict(
          r.room_id, r.product_id, r.status, r.clearing, r.last_seq,
          m.user_id, m.left_at, m.host, m.committed, i.sender_id, i.kind, i.reply_to,
          CASE WHEN r.restricted THEN chat.restriction_of(i.room_id, i.sender_id) END, w.wait_ms > 0
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
      WHERE r.slow_mode_seconds > 0 AND NOT m.host OFFSET 0
    ) w ON true
  ), paced AS (
    -- In slow mode the first of a member's messages in the batch, and copies of it, may be stored.
    SELECT j.*, CASE
        WHEN j.verdict = 'stored' AND j.stale THEN 'STALE_KEY'
        WHEN j.verdict = 'stored' AND j.slow_mode_seconds > 0 AND NOT j.host AND j.client_id <>
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
-- host and the service, and else FORBIDDEN.
CREATE OR REPLACE FUNCTION chat.append_noting(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[], p_notes TEXT[], p_alls BOOLEAN[],
  p_keys INTEGER[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT, mentions TEXT[])
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  -- Of those that may be tried, in their order. Who is the host of a room never changes.
  places INTEGER[];
  one RECORD;
BEGIN
  SELECT array_agg(i.n ORDER BY i.n) INTO places
  FROM unnest(p_rooms, p_senders, p_alls) WITH ORDINALITY i (room_id, sender_id, mentions_all, n)
  WHERE NOT i.mentions_all OR i.sender_id IS NULL
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
      ARRAY(SELECT p_keys[n] FROM unnest(places) n)) a
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
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT, p_key_no INTEGER,
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
  IF room.slow_mode_seconds > 0 AND NOT member.host THEN
    seq := chat.slow_mode_wait_ms(room.slow_mode_seconds, member.last_sent_at, clock_timestamp());
  END IF;
  outcome := chat.append_verdict(
    room.room_id, room.product_id, room.status, room.clearing, room.last_seq,
    member.user_id, member.left_at, member.host, member.committed, p_sender, p_kind, p_reply_to,
    restriction, seq > 0
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

-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer. `p_mentions` (a JSON array), `p_mentions_all`: of an edit, who is mentioned then; null: who was. To
-- mention all is for who presides: MENTIONS_ALL. `p_masked`: something in the text of an edit was.
-- `p_same`: who asks has opened what stands sealed, `p_seen`, and says whether it is this text; STALE where it is not what stands
-- any more, or `p_key_no`, with which `p_content` and `p_signal_type` are sealed, is not the room's. Null: texts are clear.
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
  present := chat.is_within(r, p_user);
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  own := coalesce(m.kind <> 'SYSTEM' AND m.sender_id IS NOT DISTINCT FROM p_user, false);
  -- Who has left may take back what he said, and that alone.
  IF NOT present AND (p_change = 'edited' OR NOT (own OR presides)) THEN
    RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER');
  END IF;
  IF m.seq IS NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  -- Also who is muted may take back what he said.
  IF r.restricted AND p_change = 'edited' THEN
    restriction := chat.restriction_of(p_room, p_user);
    IF restriction IS NOT NULL THEN
      RETURN jsonb_build_object('outcome', CASE restriction WHEN 'BAN' THEN 'BANNED' ELSE 'MUTED' END);
    END IF;
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
  IF p_change = 'edited' AND m.data IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
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

-- A room whose messages are not all sealed, and from where on: for `p_seconds` it is the caller's alone. `p_room`: the one that is
-- his already; null: any that is nobody's, and that nobody has locked. No row: there is none.
CREATE OR REPLACE FUNCTION chat.claim_clear_room(p_room TEXT, p_seconds INTEGER)
RETURNS TABLE (room_id TEXT, clear_from BIGINT, last_seq BIGINT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF p_room IS NULL THEN
    SELECT r.room_id INTO p_room FROM chat.rooms r
    WHERE r.clear_from IS NOT NULL AND (r.sealing_until IS NULL OR r.sealing_until < clock_timestamp())
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  END IF;
  RETURN QUERY UPDATE chat.rooms r SET sealing_until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE r.room_id = p_room AND r.clear_from IS NOT NULL
    RETURNING r.room_id, r.clear_from, r.last_seq;
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
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  DELETE FROM chat.room_keys k WHERE k.room_id = p_room AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = p_room);
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- Ends a report: RESOLVED or DISMISSED. One that has ended may get the other end. Null: there is none. `p_same`: who asks
-- has opened the resolution that stands sealed, `p_seen`, and says whether it is this note; the number 0 where that, or the key
-- that a resolution is sealed with (`p_key_no`, null: it is clear), is another one by now.
CREATE OR REPLACE FUNCTION chat.end_report(p_id BIGINT, p_status TEXT, p_note TEXT, p_by TEXT,
  p_same BOOLEAN DEFAULT NULL, p_seen TEXT DEFAULT NULL, p_key_no INTEGER DEFAULT NULL) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  p chat.reports;
BEGIN
  SELECT * INTO p FROM chat.reports WHERE report_id = p_id FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF p_same IS NOT NULL AND (p.resolution IS DISTINCT FROM p_seen OR p.key_no IS DISTINCT FROM p_key_no) THEN
    RETURN '0';
  END IF;
  IF p.status = p_status AND coalesce(p_same, p.resolution IS NOT DISTINCT FROM p_note) THEN RETURN chat.report_json(p); END IF;
  UPDATE chat.reports SET status = p_status, resolution = p_note, ended_by = p_by, ended_at = clock_timestamp()
  WHERE report_id = p_id RETURNING * INTO p;
  PERFORM chat.note_moderation('report.' || lower(p_status), p.room_id, p.message -> 'sender' ->> 'userId', p_by,
    jsonb_build_object('reportId', p_id, 'seq', p.seq));
  RETURN chat.report_json(p);
END $$;

-- Removes reports, with their copies, that ended so many days ago, a portion at a time. Returns how many rows went. Of rooms
-- that are no more the keys go with their last report.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone TEXT[];
BEGIN
  WITH ended AS (DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING room_id)
  SELECT array_agg(e.room_id) INTO gone FROM ended e;
  DELETE FROM chat.room_keys k WHERE k.room_id = ANY (gone)
    AND NOT EXISTS (SELECT FROM chat.rooms r WHERE r.room_id = k.room_id AND r.key_no = k.key_no)
    AND NOT EXISTS (SELECT FROM chat.reports p WHERE p.room_id = k.room_id);
  RETURN coalesce(cardinality(gone), 0);
END $$;

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

-- The messages of a room are sealed up to `p_to`, those before `p_from` were before. Nothing is noted where one is still clear,
-- or somebody else has been there. Locks the room.
CREATE OR REPLACE FUNCTION chat.note_sealed(p_room TEXT, p_from BIGINT, p_to BIGINT) RETURNS VOID
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off AS $$
BEGIN
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = p_room AND r.clear_from = p_from FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (
    SELECT FROM chat.messages m WHERE m.room_id = p_room AND m.seq BETWEEN p_from AND p_to
      AND m.kind <> 'SYSTEM' AND m.key_no IS NULL AND m.deleted_at IS NULL) THEN
    RETURN;
  END IF;
  UPDATE chat.rooms r SET clear_from = CASE WHEN p_to < r.last_seq THEN p_to + 1 END WHERE r.room_id = p_room;
END $$;

-- The key that texts of a room are sealed with: a new one (`p_sealed`, by the content key `p_key_id`) where it has none yet.
-- Numbers are never given twice, so a room that was removed and opened again has another one. Locks the room.
-- No row for a room that is not there; `p_gone`: also of such a one, for reports of it.
CREATE OR REPLACE FUNCTION chat.open_room_key(p_room TEXT, p_key_id TEXT, p_sealed BYTEA, p_gone BOOLEAN DEFAULT false)
RETURNS SETOF chat.room_keys
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  k chat.room_keys;
  present BOOLEAN;
BEGIN
  SELECT o.* INTO k FROM chat.rooms r LEFT JOIN chat.room_keys o ON o.key_no = r.key_no WHERE r.room_id = p_room
  FOR NO KEY UPDATE OF r;
  present := FOUND;
  IF NOT present THEN
    IF NOT p_gone THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.room_keys:' || p_room, 0));
    SELECT * INTO k FROM chat.room_keys o WHERE o.room_id = p_room ORDER BY o.key_no DESC LIMIT 1;
  END IF;
  IF k.key_no IS NULL THEN
    INSERT INTO chat.room_keys (room_id, key_id, sealed) VALUES (p_room, p_key_id, p_sealed) RETURNING * INTO k;
    IF present THEN UPDATE chat.rooms SET key_no = k.key_no WHERE room_id = p_room; END IF;
  END IF;
  RETURN NEXT k;
END $$;

-- How far a room is in the index of searches, and the key that its grams are made with. `p_key_no` names the key of the room
-- that they are made by, and `p_key` is empty; or it is null, and they are made with a key of their own, which stands here:
-- `p_key` where the room is new. Where its grams are of another one, it is indexed anew from the start, and the old ones go
-- first, at most `p_limit` at a time: `more`, and nothing is to be indexed yet, as long as there are some. No row for a room
-- that is not there.
CREATE OR REPLACE FUNCTION chat.open_search_room(
  p_room TEXT, p_key BYTEA, p_key_no INTEGER DEFAULT NULL, p_limit INTEGER DEFAULT 5000
) RETURNS TABLE (key BYTEA, indexed_seq BIGINT, more BOOLEAN)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  s chat.search_rooms;
BEGIN
  SELECT * INTO s FROM chat.search_rooms t WHERE t.room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO chat.search_rooms (room_id, key, key_no, indexed_seq)
    SELECT r.room_id, p_key, p_key_no, 0 FROM chat.rooms r WHERE r.room_id = p_room
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT t.key, t.indexed_seq, false FROM chat.search_rooms t
      WHERE t.room_id = p_room AND t.key_no IS NOT DISTINCT FROM p_key_no;
    RETURN;
  END IF;
  IF s.key_no IS DISTINCT FROM p_key_no THEN
    UPDATE chat.search_rooms t SET key = p_key, key_no = p_key_no, indexed_seq = 0, renewed = true
    WHERE t.room_id = p_room RETURNING * INTO s;
  END IF;
  IF s.renewed THEN
    DELETE FROM chat.search_grams g WHERE g.room_id = p_room AND g.seq IN (
      SELECT o.seq FROM chat.search_grams o WHERE o.room_id = p_room ORDER BY o.seq LIMIT p_limit);
    IF NOT EXISTS (SELECT FROM chat.search_grams g WHERE g.room_id = p_room) THEN
      UPDATE chat.search_rooms t SET renewed = false WHERE t.room_id = p_room RETURNING * INTO s;
    END IF;
  END IF;
  RETURN QUERY SELECT s.key, s.indexed_seq, s.renewed;
END $$;

-- A report as store/report-store.ts reads it.
CREATE OR REPLACE FUNCTION chat.report_json(p chat.reports) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('reportId', p.report_id::TEXT, 'roomId', p.room_id, 'seq', p.seq, 'reporterId', p.reporter_id,
    'reason', p.reason, 'note', p.note, 'status', p.status, 'message', p.message, 'createdAt', chat.iso(p.created_at),
    'endedAt', chat.iso(p.ended_at), 'endedBy', p.ended_by, 'resolution', p.resolution,
    'keyNo', p.key_no);

-- Reports a message, with a copy of it as it is: under the lock of the room, so that it is the whole one or none. The copy
-- names the message's files, whose bytes stay as long as it does (`drop_files`). Once a
-- user and message: the same again finds the first. Outcomes: created, same, NOT_FOUND (no such room), NOT_A_MEMBER, BANNED,
-- MESSAGE_NOT_FOUND, FORBIDDEN (a SYSTEM row, or an own message), MESSAGE_DELETED.
-- Texts of the copy are sealed as the message's are, by its `keyNo`; the note by `p_key_no` (STALE: not the room's any more).
CREATE OR REPLACE FUNCTION chat.report_message(p_room TEXT, p_seq BIGINT, p_user TEXT, p_reason TEXT, p_note TEXT,
  p_key_no INTEGER DEFAULT NULL)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.messages;
  p chat.reports;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN
    RETURN jsonb_build_object('outcome', 'BANNED');
  END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  SELECT * INTO p FROM chat.reports o WHERE o.room_id = p_room AND o.seq = p_seq AND o.reporter_id = p_user;
  IF FOUND THEN RETURN jsonb_build_object('outcome', 'same', 'report', chat.report_json(p)); END IF;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = p_seq;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'MESSAGE_NOT_FOUND'); END IF;
  IF m.kind = 'SYSTEM' OR m.sender_id = p_user THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF m.deleted_at IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MESSAGE_DELETED'); END IF;
  IF p_key_no <> coalesce(r.key_no, 0) THEN RETURN jsonb_build_object('outcome', 'STALE'); END IF;
  -- What is null in `data` is part of it.
  INSERT INTO chat.reports (room_id, seq, reporter_id, reason, note, key_no, message)
  VALUES (p_room, p_seq, p_user, p_reason, p_note, p_key_no, jsonb_build_object(
    'kind', m.kind, 'content', m.content, 'version', coalesce(m.version, m.seq), 'createdAt', chat.iso(m.created_at),
    'clientMessageId', m.client_message_id,
    'sender', CASE WHEN m.sender_id IS NOT NULL THEN jsonb_build_object(
      'userId', m.sender_id, 'nickname', m.sender_nickname, 'tag', m.sender_tag) END)
    || CASE WHEN m.key_no IS NULL THEN '{}' ELSE jsonb_build_object('keyNo', m.key_no) END
    || CASE WHEN m.data IS NULL THEN '{}' ELSE jsonb_build_object('data', m.data) END
    || CASE WHEN m.edited_at IS NULL THEN '{}' ELSE jsonb_build_object('editedAt', chat.iso(m.edited_at)) END
    || CASE WHEN m.attachments IS NULL THEN '{}' ELSE jsonb_build_object('attachments', m.attachments) END)
  RETURNING * INTO p;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
END $$;

-- Puts sealed texts in the place of clear ones: of messages of a room, as they were when they were read (`p_versions`); one that
-- was changed meanwhile is left. Without the room's lock, so that nobody who talks waits: it writes what nobody else does.
CREATE OR REPLACE FUNCTION chat.seal_messages(
  p_room TEXT, p_key_no INTEGER, p_seqs BIGINT[], p_versions BIGINT[], p_contents TEXT[], p_datas TEXT[],
  p_signal_types TEXT[], p_attachments TEXT[]
) RETURNS VOID
LANGUAGE sql
SET enable_seqscan = off AS $$
  UPDATE chat.messages m SET content = i.content, data = i.data::jsonb, signal_type = i.signal_type,
    attachments = i.attachments::jsonb, key_no = p_key_no
  FROM unnest(p_seqs, p_versions, p_contents, p_datas, p_signal_types, p_attachments)
    i (seq, version, content, data, signal_type, attachments)
  WHERE m.room_id = p_room AND m.seq = i.seq AND m.key_no IS NULL AND m.deleted_at IS NULL
    AND coalesce(m.version, m.seq) = i.version;
$$;

-- Puts sealed texts in the place of clear ones: of reports whose resolution is still the one that was read (`p_seen`).
CREATE OR REPLACE FUNCTION chat.seal_reports(
  p_ids BIGINT[], p_seen TEXT[], p_keys INTEGER[], p_notes TEXT[], p_resolutions TEXT[], p_messages TEXT[]
) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.reports p SET note = i.note, resolution = i.resolution, message = i.message::jsonb, key_no = i.key_no
  FROM unnest(p_ids, p_seen, p_keys, p_notes, p_resolutions, p_messages)
    i (report_id, seen, key_no, note, resolution, message)
  WHERE p.report_id = i.report_id AND (p.key_no IS NULL OR NOT p.message ? 'keyNo')
    AND p.resolution IS NOT DISTINCT FROM i.seen;
$$;

-- Puts sealed names in the place of clear ones: of uploads as they were when they were read (`p_seen`, their attachments).
CREATE OR REPLACE FUNCTION chat.seal_uploads(
  p_ids TEXT[], p_seen TEXT[], p_keys INTEGER[], p_names TEXT[], p_attachments TEXT[]
) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET name = i.name, attachment = i.attachment::jsonb, key_no = i.key_no
  FROM unnest(p_ids, p_seen, p_keys, p_names, p_attachments) i (upload_id, seen, key_no, name, attachment)
  WHERE u.upload_id = i.upload_id AND u.name <> '' AND (u.key_no IS NULL OR NOT u.attachment ? 'keyNo')
    AND u.attachment IS NOT DISTINCT FROM i.seen::jsonb;
$$;

-- Takes, of some rooms, the devices of members who have not read a message that is `p_after_s` old, and were not told since
-- they read last: each is answered to one caller, once. `newest` is the newest message that stands, where
-- texts are told; who may not be in the room any more is told nothing.
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
    SELECT s.room_id, s.user_id, s.device_id, o.title, o.last_chat_no, b.last_read_chat_no
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
    RETURNING s.room_id, d.title, d.last_chat_no - d.last_read_chat_no AS unread, s.endpoint, s.p256dh, s.auth
  ), newest AS (
    SELECT o.room_id, m.message FROM old o
    CROSS JOIN LATERAL (
      SELECT chat.message_json(m) AS message FROM chat.messages m
      WHERE m.room_id = o.room_id AND m.kind <> 'SYSTEM' AND m.deleted_at IS NULL
      ORDER BY m.seq DESC LIMIT 1
    ) m
    WHERE p_text
  )
  SELECT t.room_id, t.title, t.unread, t.endpoint, t.p256dh, t.auth, n.message
  FROM told t LEFT JOIN newest n ON n.room_id = t.room_id;
END $$;

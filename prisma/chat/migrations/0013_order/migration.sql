DROP FUNCTION chat.append_verdict(text,text,text,boolean,bigint,text,timestamp with time zone,boolean,boolean,text,text,bigint),
  chat.patch_room(text,text,integer,integer,boolean,timestamp with time zone,numeric,text[],integer);

-- AlterTable
ALTER TABLE "members" ADD COLUMN     "last_sent_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "restricted" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "slow_mode_seconds" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "restrictions" (
    "room_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3),
    "reason" TEXT,
    "nickname" TEXT NOT NULL,
    "tag" TEXT,
    "by_user_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "restrictions_pkey" PRIMARY KEY ("room_id","user_id")
);

-- CreateTable
CREATE TABLE "admins" (
    "user_id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "admins_pkey" PRIMARY KEY ("user_id")
);

-- CreateIndex
CREATE INDEX "restrictions_until_idx" ON "restrictions"("until");

-- AddForeignKey
ALTER TABLE "restrictions" ADD CONSTRAINT "restrictions_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("room_id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "rooms" ADD CONSTRAINT "rooms_slow_mode_seconds_known" CHECK ("slow_mode_seconds" BETWEEN 0 AND 3600);
ALTER TABLE "restrictions" ADD CONSTRAINT "restrictions_kind_known" CHECK ("kind" IN ('MUTE', 'BAN'));

-- The append of a batch in which nothing is wrong: `p_rooms` each once, with how many messages are for it; each pair of a
-- room and a sender once (null: the service), with whether he sends a notice, the newest message that he answers, and the
-- place of his last one; then the messages, each with the number of its room and its place among those for it. For each
-- room the position before its first message; no row where any message is refused or was stored before: then nothing is
-- changed, and `append_messages` finds which one. That is not looked for here, as it is half of what a message costs there
-- (PostgreSQL 18, CPU of a batch, medians of 14 interleaved pairs, this / that: 400 messages of 50 rooms 0.55, 50 of 50
-- 0.72, 2 of 2 0.72). Rooms and members are locked and read at once, in the order in which all lock them.
CREATE OR REPLACE FUNCTION chat.append_fresh(
  p_rooms TEXT[], p_counts INTEGER[],
  p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_pair_notices BOOLEAN[], p_pair_replies BIGINT[], p_pair_lasts INTEGER[],
  p_room_nos INTEGER[], p_places INTEGER[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[],
  p_kinds TEXT[], p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[]
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
  room_tids TID[];
  member_tids TID[];
  fine BOOLEAN;
BEGIN
  SELECT array_agg(r.last_seq ORDER BY r.n), array_agg(r.last_chat_no ORDER BY r.n),
    array_agg(r.product_id IS NULL ORDER BY r.n), array_agg(r.status = 'CANCELLED' ORDER BY r.n),
    array_agg(r.clearing ORDER BY r.n), array_agg(r.place ORDER BY r.n), bool_or(r.ordered)
  INTO seqs, chat_nos, lobbies, cancelled, clearings, room_tids, ordered
  FROM (
    SELECT i.n, r.* FROM (
      SELECT u.room_id, u.n FROM unnest(p_rooms) WITH ORDINALITY u (room_id, n) ORDER BY u.room_id
    ) i
    CROSS JOIN LATERAL (
      SELECT r.last_seq, r.last_chat_no, r.product_id, r.status, r.clearing, r.ctid AS place,
        r.restricted OR r.slow_mode_seconds > 0 AS ordered FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0 FOR NO KEY UPDATE
    ) r OFFSET 0
  ) r;
  IF cardinality(seqs) IS DISTINCT FROM cardinality(p_rooms) THEN
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
      content, reply_to, data, signal_type, created_at)
    SELECT p_rooms[i.room_no], seqs[i.room_no] + i.place, chat_nos[i.room_no] + i.place, i.kind, i.sender_id, i.nickname,
      i.tag, i.client_id, i.content, i.reply_to, i.data::jsonb, i.signal_type, stamp
    FROM unnest(
      p_room_nos, p_places, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types
    ) i (room_no, place, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type);
  EXCEPTION WHEN unique_violation THEN
    RETURN;
  END;
  UPDATE chat.rooms r SET last_seq = r.last_seq + c.n, last_chat_no = r.last_chat_no + c.n
  FROM unnest(room_tids, p_counts) c (place, n) WHERE r.ctid = c.place;
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
-- last parameter has a default: instances of the first version call it with nine.
CREATE OR REPLACE FUNCTION chat.append_messages(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[] DEFAULT NULL
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
      p_kinds[1], p_contents[1], p_reply_tos[1], p_datas[1], p_signal_types[1]);
    RETURN;
  END IF;
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM chat.lock_listed_members(p_rooms, p_senders);
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
      p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas, p_signal_types
    ) WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.ctid AS room_place, m.ctid AS member_place, r.last_seq, r.last_chat_no,
      d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      r.slow_mode_seconds, m.host, w.wait_ms,
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
        r.slow_mode_seconds, r.ctid FROM chat.rooms r
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
      content, reply_to, data, signal_type, created_at)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, signal_type, stamp
    FROM placed WHERE fresh
  ), advanced AS (
    UPDATE chat.rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k
    FROM (SELECT room_place, max(k) AS k FROM placed WHERE fresh GROUP BY room_place) c WHERE r.ctid = c.room_place
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

-- The append of a single message: what `append_messages`, which calls it, does with a batch of one, by plain look-ups. A
-- plan for batches, with its windows, sorts and joins, has to be set up for each call, which was most of what one message
-- cost (PostgreSQL 18, medians of 14 interleaved pairs, this / that: CPU 0.60 to 0.66, time with its commit 0.63 to 0.81).
-- Its settings (`lock_timeout` and the like) are those of the caller.
CREATE OR REPLACE FUNCTION chat.append_one(
  p_room TEXT, p_sender TEXT, p_nickname TEXT, p_tag TEXT, p_client_id TEXT, p_kind TEXT, p_content TEXT,
  p_reply_to BIGINT, p_data TEXT, p_signal_type TEXT,
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
    r.slow_mode_seconds INTO room
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
  IF outcome <> 'stored' THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  seq := room.last_seq + 1;
  chat_no := room.last_chat_no + 1;
  created_at := chat.iso(stamp);
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
    content, reply_to, data, signal_type, created_at)
  VALUES (p_room, append_one.seq, append_one.chat_no, p_kind, p_sender, p_nickname, p_tag, p_client_id,
    p_content, p_reply_to, p_data::jsonb, p_signal_type, stamp);
  UPDATE chat.rooms r SET last_seq = append_one.seq, last_chat_no = append_one.chat_no WHERE r.room_id = p_room;
  IF member.user_id IS NOT NULL THEN
    -- Who talks has read. Own later marks win.
    UPDATE chat.members m SET last_read_seq = append_one.seq, last_read_chat_no = append_one.chat_no, last_sent_at = stamp
    WHERE m.room_id = p_room AND m.user_id = p_sender AND m.last_read_seq < append_one.seq;
  END IF;
END $$;

-- What becomes of a message that is not stored yet: 'stored', or the code of what it is refused with. The room and the
-- sender's membership as they are under the room's lock; null where there is none. `p_slow`: his last message is not
-- long enough ago. One expression, which the planner puts
-- in place of the call.
CREATE OR REPLACE FUNCTION chat.append_verdict(
  p_room TEXT, p_product TEXT, p_status TEXT, p_clearing BOOLEAN, p_last_seq BIGINT,
  p_member TEXT, p_left_at TIMESTAMPTZ, p_host BOOLEAN, p_committed BOOLEAN,
  p_sender TEXT, p_kind TEXT, p_reply_to BIGINT, p_restriction TEXT, p_slow BOOLEAN
) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN p_room IS NULL THEN 'NOT_FOUND'
    WHEN p_restriction = 'BAN' THEN 'BANNED'
    -- In the lobby, the room without a product, everybody is a member.
    WHEN p_sender IS NOT NULL AND (p_member IS NULL OR p_left_at IS NOT NULL) AND p_product IS NOT NULL
      THEN 'NOT_A_MEMBER'
    -- A guest of a room that was closed, whose own row is still to come.
    WHEN p_clearing AND p_sender IS NOT NULL AND NOT p_host AND NOT p_committed THEN 'NOT_A_MEMBER'
    WHEN p_status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
    WHEN p_restriction IS NOT NULL THEN 'MUTED'
    WHEN p_kind = 'NOTIFICATION' AND p_sender IS NOT NULL AND p_host IS NOT TRUE THEN 'FORBIDDEN'
    WHEN p_reply_to > p_last_seq THEN 'REPLY_UNKNOWN'
    WHEN p_slow THEN 'SLOW_MODE'
    ELSE 'stored'
  END;

-- Edits (`edited`) or deletes (`deleted`) a message, with one row of change, which names the message and never its text.
-- `p_user`: null is the service; `p_admin`: he may what the host may, in every room. Outcomes: changed, same (it is so
-- already; `row` is then the one that made it so), NOT_FOUND (no such room), MESSAGE_NOT_FOUND, NOT_A_MEMBER, FORBIDDEN,
-- ROOM_READ_ONLY, MUTED, BANNED, MESSAGE_DELETED, HAS_DATA, PRECONDITION_FAILED (not `p_if_version`), EDIT_WINDOW_PASSED.
-- Locks the room; rows of its sequence are written under that lock alone. A message that was pinned and is deleted is
-- pinned no longer.
CREATE OR REPLACE FUNCTION chat.change_message(
  p_room TEXT, p_seq BIGINT, p_change TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_admin BOOLEAN,
  p_content TEXT, p_if_version BIGINT, p_window_s INTEGER
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
  IF p_change = 'edited' AND m.data IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'HAS_DATA'); END IF;
  IF p_change = 'edited' AND m.content = p_content OR p_change = 'deleted' AND m.deleted_at IS NOT NULL THEN
    SELECT * INTO row_of_change FROM chat.messages t WHERE t.room_id = p_room AND t.seq = m.version;
    RETURN jsonb_build_object('outcome', 'same', 'message', chat.message_json(m),
      'row', CASE WHEN FOUND THEN chat.message_json(row_of_change) END);
  END IF;
  stamp := clock_timestamp();
  IF p_change = 'edited' THEN
    IF p_if_version <> coalesce(m.version, m.seq) THEN
      RETURN jsonb_build_object('outcome', 'PRECONDITION_FAILED');
    END IF;
    IF p_window_s = 0 OR stamp > m.created_at + make_interval(secs => p_window_s) THEN
      RETURN jsonb_build_object('outcome', 'EDIT_WINDOW_PASSED');
    END IF;
    UPDATE chat.messages t SET content = p_content, version = r.last_seq + 1, edited_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
  ELSE
    UPDATE chat.messages t SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1,
      edited_at = NULL, deleted_at = stamp
    WHERE t.room_id = p_room AND t.seq = p_seq RETURNING * INTO m;
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

-- Records a purchase, or its withdrawal, as trade tells it. A buyer always gets in: a guest gives way, and a pause after
-- a removal and a ban end. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first version has four
-- parameters.
CREATE OR REPLACE FUNCTION chat.commit_participant(
  p_room TEXT, p_user TEXT, p_committed BOOLEAN, p_nickname TEXT, p_share NUMERIC DEFAULT NULL,
  p_online TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  known BOOLEAN;
  since BIGINT;
  portion CONSTANT INTEGER := 250;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.host THEN RETURN jsonb_build_object('outcome', 'SELLER_CANNOT_BUY'); END IF;
  IF (known AND m.committed) = p_committed THEN
    RETURN chat.room_change('same', r, since, CASE WHEN known THEN chat.participant_json(m, false) END);
  END IF;
  -- An end state that expiry gave is provisional: the purchase may have been waiting in trade's outbox.
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF r.status = 'CLOSED' AND NOT r.provisional AND p_committed THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF p_committed THEN
    IF r.committed_count >= coalesce(r.cap_target, r.max_participants) THEN
      RETURN jsonb_build_object('outcome', 'ROOM_FULL');
    END IF;
    IF r.restricted THEN r := chat.unban(r, p_user); END IF;
    IF NOT known THEN
      IF r.participant_count >= r.max_participants THEN
        IF p_online IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
        r := chat.give_way(r, 1, 'GAVE_WAY', p_online, false);
        IF r.participant_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
      END IF;
      INSERT INTO chat.members (room_id, user_id, nickname, joined_seq, last_read_seq, last_read_chat_no, anonymous)
      VALUES (p_room, p_user, p_nickname, r.last_seq + 1, r.last_seq, r.last_chat_no, chat.is_anonymous(p_user))
      RETURNING * INTO m;
      r.participant_count := r.participant_count + 1;
      r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
        'participant', chat.participant_json(m, false),
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    IF known AND m.anonymous THEN r.anonymous_count := r.anonymous_count - 1; END IF;
    UPDATE chat.members SET committed = true, seen_at = NULL WHERE room_id = p_room AND user_id = p_user
    RETURNING * INTO m;
    UPDATE chat.departures SET rejoin_at = NULL
    WHERE room_id = p_room AND user_id = p_user AND rejoin_at IS NOT NULL;
    r.committed_count := r.committed_count + 1;
    r.last_seq := chat.add_system(r, 'participant.committed', m.nickname || ' bought', jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  ELSE
    IF m.anonymous AND m.left_at IS NULL AND r.status = 'ACTIVE' THEN
      -- He becomes a guest again, for whom there must be a place among those without an account.
      IF p_online IS NULL AND r.anonymous_count >= chat.anonymous_places(r, p_share) THEN
        RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
      END IF;
      r.anonymous_count := r.anonymous_count + 1;
    END IF;
    r.committed_count := r.committed_count - 1;
    IF m.left_at IS NOT NULL THEN
      DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
      m.committed := false;
    ELSE
      UPDATE chat.members SET committed = false WHERE room_id = p_room AND user_id = p_user RETURNING * INTO m;
    END IF;
    r.last_seq := chat.add_system(r, 'participant.uncommitted', m.nickname || ' withdrew', jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
    IF r.status = 'CLOSED' AND m.left_at IS NULL THEN
      -- A closed room keeps buyers only.
      DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
      r.participant_count := r.participant_count - 1;
      r.last_seq := chat.add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
        'participant', chat.participant_json(m, false), 'reason', 'NOT_A_BUYER',
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    IF r.status = 'ACTIVE' THEN
      r := chat.give_way(r, least(r.anonymous_count - chat.anonymous_places(r, p_share), portion),
        'GAVE_WAY', p_online, true);
    END IF;
  END IF;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change(
    CASE WHEN p_committed THEN 'committed' ELSE 'uncommitted' END, r, since, chat.participant_json(m, false));
END $$;

-- Removes restrictions that have run out, without a word, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_restrictions(p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  rooms TEXT[];
  gone INTEGER;
BEGIN
  -- Of rooms that somebody has locked they stay: he may be about to prolong one.
  SELECT array_agg(l.room_id) INTO rooms FROM (
    SELECT r.room_id FROM chat.rooms r
    WHERE r.room_id IN (
      SELECT x.room_id FROM chat.restrictions x WHERE x.until < clock_timestamp() ORDER BY x.until LIMIT p_limit)
    ORDER BY r.room_id FOR NO KEY UPDATE SKIP LOCKED) l;
  DELETE FROM chat.restrictions WHERE room_id = ANY (rooms) AND until < clock_timestamp();
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE chat.rooms r SET restricted = false WHERE r.room_id = ANY (rooms)
    AND NOT EXISTS (SELECT FROM chat.restrictions x WHERE x.room_id = r.room_id);
  RETURN gone;
END $$;

-- Whether somebody who says something is muted or banned, or says more than slow mode lets him: pairs of a room and a
-- sender, and the messages, as `append_fresh` has them. The caller holds the locks of the rooms.
CREATE OR REPLACE FUNCTION chat.is_held_back(
  p_rooms TEXT[], p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_room_nos INTEGER[], p_senders TEXT[]
) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM unnest(p_pair_rooms, p_pair_senders) i (room_no, user_id)
    JOIN chat.rooms r ON r.room_id = p_rooms[i.room_no]
    LEFT JOIN chat.members m ON m.room_id = r.room_id AND m.user_id = i.user_id
    WHERE r.restricted AND chat.restriction_of(r.room_id, i.user_id) IS NOT NULL
      OR r.slow_mode_seconds > 0 AND NOT m.host AND (
        chat.slow_mode_wait_ms(r.slow_mode_seconds, m.last_sent_at, clock_timestamp()) > 0
        OR 1 < (SELECT count(*) FROM unnest(p_room_nos, p_senders) s (room_no, user_id)
          WHERE s.room_no = i.room_no AND s.user_id = i.user_id)));
END $$;

-- A user becomes a member: who knows the room already stays, a guest needs a place, and a buyer who had left comes
-- back, for whom a guest gives way. In the lobby, the room without a product, there are no members.
-- Outcomes: joined, already, NOT_FOUND, BANNED, ROOM_NOT_ACTIVE, ROOM_FULL, RATE_LIMITED (`waitMs`; `removed` where the host or
-- the service removed him), PLACE_NEEDED (with null as `p_online_users`: call again with who is online).
-- The parameters with defaults are unknown to the first version: it says nothing of accounts, and knows no lobby
-- without members, no RATE_LIMITED and no BANNED.
CREATE OR REPLACE FUNCTION chat.join_room(
  p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN, p_anonymous BOOLEAN DEFAULT NULL,
  p_visitor BOOLEAN DEFAULT false, p_share NUMERIC DEFAULT NULL, p_online_users TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  goal chat.rooms;
  m chat.members;
  d chat.departures;
  known BOOLEAN;
  since BIGINT;
  older BOOLEAN := p_anonymous IS NULL;
  anonymous BOOLEAN := coalesce(p_anonymous, chat.is_anonymous(p_user));
  wait_ms INTEGER;
  pause_ms INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.restricted AND chat.restriction_of(p_room, p_user) = 'BAN' THEN
    RETURN jsonb_build_object('outcome', CASE WHEN older THEN 'ROOM_FULL' ELSE 'BANNED' END);
  END IF;
  IF r.product_id IS NULL AND NOT older THEN RETURN chat.room_change('already', r, since, NULL); END IF;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.left_at IS NULL THEN
    RETURN chat.room_change('already', r, since, chat.participant_json(m, p_online));
  END IF;
  IF r.status <> 'ACTIVE' OR r.expires_at <= clock_timestamp() THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  SELECT * INTO d FROM chat.departures WHERE room_id = p_room AND user_id = p_user;
  IF FOUND THEN
    wait_ms := chat.change_wait_ms(d.changes, NULL);
    -- A buyer always gets in.
    pause_ms := CASE WHEN known OR d.rejoin_at IS NULL THEN 0
      ELSE greatest(0, ceil(extract(epoch FROM d.rejoin_at - clock_timestamp()) * 1000)) END;
    IF greatest(wait_ms, pause_ms) > 0 THEN
      RETURN CASE WHEN older THEN jsonb_build_object('outcome', 'ROOM_FULL')
        ELSE jsonb_build_object(
          'outcome', 'RATE_LIMITED', 'waitMs', greatest(wait_ms, pause_ms), 'removed', pause_ms > 0) END;
    END IF;
  END IF;
  -- Guests get in by the cap that is wanted, buyers by the one that holds: see lower_portion.
  goal := r;
  goal.max_participants := coalesce(r.cap_target, r.max_participants);
  IF NOT known AND (r.participant_count >= goal.max_participants
    OR anonymous AND r.anonymous_count >= chat.anonymous_places(goal, p_share)) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_FULL');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF p_online_users IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
    r := chat.give_way(r, 1, 'GAVE_WAY', p_online_users, false);
    IF r.participant_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
  END IF;
  INSERT INTO chat.members (room_id, user_id, nickname, tag, joined_seq, last_read_seq, last_read_chat_no, anonymous,
    seen_at)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no, anonymous,
    CASE WHEN p_visitor THEN clock_timestamp() END)
  ON CONFLICT (room_id, user_id) DO UPDATE
    SET left_at = NULL, nickname = p_nickname, tag = p_tag, joined_at = clock_timestamp(), joined_seq = r.last_seq + 1,
      last_read_seq = r.last_seq, last_read_chat_no = r.last_chat_no
  RETURNING * INTO m;
  r.participant_count := r.participant_count + 1;
  IF anonymous AND NOT known THEN r.anonymous_count := r.anonymous_count + 1; END IF;
  r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
    'participant', chat.participant_json(m, p_online),
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('joined', r, since, chat.participant_json(m, p_online));
END $$;

-- Takes a user's restriction in a room away, with a row where it was still in force. Outcomes: changed, same (there is
-- none), NOT_FOUND, FORBIDDEN, ROOM_READ_ONLY. `p_by` and `p_admin` as of `restrict_user`.
CREATE OR REPLACE FUNCTION chat.lift_restriction(p_room TEXT, p_user TEXT, p_by TEXT, p_admin BOOLEAN) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  x chat.restrictions;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF p_by IS NOT NULL AND NOT p_admin AND r.host_id IS DISTINCT FROM p_by THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  r := chat.unban(r, p_user);
  DELETE FROM chat.restrictions WHERE room_id = p_room AND user_id = p_user RETURNING * INTO x;
  IF FOUND AND (x.until IS NULL OR x.until > clock_timestamp()) THEN
    r.last_seq := chat.add_system(r, 'participant.unmuted', x.nickname || ' may talk again',
      jsonb_build_object('user', chat.restricted_json(x), 'until', chat.iso(x.until)));
  END IF;
  UPDATE chat.rooms SET restricted = EXISTS (SELECT FROM chat.restrictions WHERE room_id = p_room)
  WHERE room_id = p_room AND restricted;
  IF r.last_seq > since THEN PERFORM chat.save_counters(r); END IF;
  RETURN chat.room_change(CASE WHEN r.last_seq > since THEN 'changed' ELSE 'same' END, r, since, NULL);
END $$;

-- Title, cap, minimum, deadline, slow mode. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: those without an account beyond their share of it, then whoever gives way, `p_portion` of
-- them. Where that is not all, the wanted cap is kept in `cap_target`, and the cap itself goes down as far as it can, and
-- further with each `lower_portion`. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first
-- version has six parameters.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ,
  p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT '{}', p_portion INTEGER DEFAULT 250,
  p_slow INTEGER DEFAULT NULL
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

-- Mutes or bans a user in a room, in place of what restricted him there before. `p_by` null: the service; `p_admin`: he may
-- what the host may. `p_nickname`: of one who is no member. A ban removes him (BANNED). Rows never tell the reason.
-- Outcomes: changed, same, NOT_FOUND, FORBIDDEN, PROTECTED (oneself, an admin, or a ban of the host), ROOM_READ_ONLY,
-- IS_BUYER (no ban of a buyer), UNTIL_PASSED, TOO_MANY (there are 1,000 in the room).
CREATE OR REPLACE FUNCTION chat.restrict_user(
  p_room TEXT, p_user TEXT, p_kind TEXT, p_until TIMESTAMPTZ, p_reason TEXT, p_nickname TEXT, p_by TEXT, p_admin BOOLEAN
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  x chat.restrictions;
  known TEXT;
  present BOOLEAN;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF p_by IS NOT NULL AND NOT p_admin AND r.host_id IS DISTINCT FROM p_by THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF p_user = p_by OR EXISTS (SELECT FROM chat.admins a WHERE a.user_id = p_user)
    OR p_kind = 'BAN' AND r.host_id = p_user THEN
    RETURN jsonb_build_object('outcome', 'PROTECTED');
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  IF p_kind = 'BAN' AND m.committed THEN RETURN jsonb_build_object('outcome', 'IS_BUYER'); END IF;
  IF p_until <= clock_timestamp() THEN RETURN jsonb_build_object('outcome', 'UNTIL_PASSED'); END IF;
  present := m.user_id IS NOT NULL AND m.left_at IS NULL;
  SELECT * INTO x FROM chat.restrictions WHERE room_id = p_room AND user_id = p_user;
  IF FOUND AND (x.until IS NULL OR x.until > clock_timestamp()) THEN
    known := x.kind;
    IF x.kind = p_kind AND x.until IS NOT DISTINCT FROM p_until AND x.reason IS NOT DISTINCT FROM p_reason THEN
      RETURN chat.room_change('same', r, since, NULL) || jsonb_build_object('restriction', chat.restriction_json(x));
    END IF;
  ELSIF (SELECT count(*) FROM chat.restrictions WHERE room_id = p_room) >= 1000 THEN
    RETURN jsonb_build_object('outcome', 'TOO_MANY');
  END IF;
  INSERT INTO chat.restrictions (room_id, user_id, kind, until, reason, nickname, tag, by_user_id)
  VALUES (p_room, p_user, p_kind, p_until, p_reason, coalesce(m.nickname, x.nickname, p_nickname),
    CASE WHEN m.user_id IS NULL THEN x.tag ELSE m.tag END, p_by)
  ON CONFLICT (room_id, user_id) DO UPDATE SET kind = excluded.kind, until = excluded.until, reason = excluded.reason,
    nickname = excluded.nickname, tag = excluded.tag, by_user_id = excluded.by_user_id, created_at = excluded.created_at
  RETURNING * INTO x;
  IF p_kind = 'MUTE' THEN
    IF known = 'BAN' THEN
      r.last_seq := chat.add_system(r, 'participant.unbanned', x.nickname || ' may come back',
        jsonb_build_object('user', chat.restricted_json(x)));
    END IF;
    r.last_seq := chat.add_system(r, 'participant.muted', x.nickname || ' was muted',
      jsonb_build_object('user', chat.restricted_json(x), 'until', chat.iso(x.until)));
  ELSIF present THEN
    PERFORM chat.note_departure(p_room, p_user, m.joined_at, NULL);
    r := chat.end_memberships(r, ARRAY[p_user], 'participant.removed', 'BANNED');
  ELSIF known IS DISTINCT FROM 'BAN' THEN
    -- He may be looking: all instances must hear of it.
    r.last_seq := chat.add_system(r, 'participant.banned', x.nickname || ' was banned',
      jsonb_build_object('user', chat.restricted_json(x)));
  END IF;
  UPDATE chat.rooms SET restricted = true WHERE room_id = p_room;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('changed', r, since, NULL) || jsonb_build_object('restriction', chat.restriction_json(x));
END $$;

-- Who is restricted, as the wire shows a user.
CREATE OR REPLACE FUNCTION chat.restricted_json(x chat.restrictions) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('userId', x.user_id, 'nickname', x.nickname, 'tag', x.tag);

-- A restriction as the wire shows it, to those who may see it.
CREATE OR REPLACE FUNCTION chat.restriction_json(x chat.restrictions) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('user', chat.restricted_json(x), 'kind', x.kind, 'until', chat.iso(x.until),
    'reason', x.reason, 'byUserId', x.by_user_id, 'createdAt', chat.iso(x.created_at));

-- How a user is restricted in a room now: MUTE, BAN, or null. For rooms that are `restricted`; in others nobody is.
CREATE OR REPLACE FUNCTION chat.restriction_of(p_room TEXT, p_user TEXT) RETURNS TEXT
LANGUAGE sql VOLATILE
  RETURN (SELECT x.kind FROM chat.restrictions x
    WHERE x.room_id = p_room AND x.user_id = p_user AND (x.until IS NULL OR x.until > clock_timestamp()));

-- The room as the wire shows it, without `onlineCount`, which is not lasting.
CREATE OR REPLACE FUNCTION chat.room_json(r chat.rooms) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', r.room_id, 'productId', r.product_id, 'title', r.title, 'status', r.status, 'reason', r.reason,
    'hostId', r.host_id, 'maxParticipants', r.max_participants, 'minParticipants', r.min_participants,
    'participantCount', r.participant_count, 'committedCount', r.committed_count, 'lastSeq', r.last_seq,
    'pinnedMessageIds', to_jsonb(r.pinned),
    'createdAt', chat.iso(r.created_at), 'expiresAt', chat.iso(r.expires_at), 'closedAt', chat.iso(r.closed_at),
    'slowModeSeconds', r.slow_mode_seconds);

-- Milliseconds until a member may say something again; 0 or less: now. Null where he has said nothing.
CREATE OR REPLACE FUNCTION chat.slow_mode_wait_ms(p_seconds INTEGER, p_last TIMESTAMPTZ, p_now TIMESTAMPTZ) RETURNS BIGINT
LANGUAGE sql IMMUTABLE
  RETURN ceil(1000 * p_seconds - 1000 * extract(epoch FROM p_now - p_last))::BIGINT;

-- Takes a user's ban away, with a row where it was still in force. Returns the room, whose counters the caller writes; he
-- holds its lock.
CREATE OR REPLACE FUNCTION chat.unban(r chat.rooms, p_user TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  x chat.restrictions;
BEGIN
  DELETE FROM chat.restrictions WHERE room_id = r.room_id AND user_id = p_user AND kind = 'BAN' RETURNING * INTO x;
  IF NOT FOUND THEN RETURN r; END IF;
  IF x.until IS NULL OR x.until > clock_timestamp() THEN
    r.last_seq := chat.add_system(r, 'participant.unbanned', x.nickname || ' may come back',
      jsonb_build_object('user', chat.restricted_json(x)));
  END IF;
  RETURN r;
END $$;

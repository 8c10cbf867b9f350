-- Tables of the chat service. Names are unqualified: search_path says in which schema they live.
CREATE TABLE "rooms" (
  "room_id" TEXT NOT NULL,
  "product_id" TEXT,
  "title" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'ACTIVE',
  "reason" TEXT,
  "provisional" BOOLEAN NOT NULL DEFAULT false,
  "host_id" TEXT,
  "max_participants" INTEGER NOT NULL,
  "min_participants" INTEGER,
  "participant_count" INTEGER NOT NULL DEFAULT 0,
  "committed_count" INTEGER NOT NULL DEFAULT 0,
  "last_seq" BIGINT NOT NULL DEFAULT 0,
  "last_chat_no" BIGINT NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  "expires_at" TIMESTAMPTZ(3),
  "closed_at" TIMESTAMPTZ(3),
  "opening" JSONB NOT NULL,
  CONSTRAINT "rooms_pkey" PRIMARY KEY ("room_id"),
  CONSTRAINT "rooms_status_known" CHECK ("status" IN ('ACTIVE', 'CLOSED', 'CANCELLED')),
  CONSTRAINT "rooms_cap_held" CHECK ("participant_count" BETWEEN 0 AND "max_participants"),
  CONSTRAINT "rooms_buyers_within_cap" CHECK ("committed_count" BETWEEN 0 AND "max_participants"),
  CONSTRAINT "rooms_ended_at" CHECK (("status" = 'ACTIVE') = ("closed_at" IS NULL))
);
CREATE INDEX "rooms_status_expires_at_idx" ON "rooms" ("status", "expires_at");

CREATE TABLE "members" (
  "room_id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "nickname" TEXT NOT NULL,
  "tag" TEXT,
  "host" BOOLEAN NOT NULL DEFAULT false,
  "committed" BOOLEAN NOT NULL DEFAULT false,
  "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  "joined_seq" BIGINT NOT NULL,
  "last_read_seq" BIGINT NOT NULL DEFAULT 0,
  "last_read_chat_no" BIGINT NOT NULL DEFAULT 0,
  "left_at" TIMESTAMPTZ(3),
  CONSTRAINT "members_pkey" PRIMARY KEY ("room_id", "user_id"),
  CONSTRAINT "members_only_buyers_are_kept" CHECK ("left_at" IS NULL OR "committed")
);
CREATE INDEX "members_user_id_room_id_idx" ON "members" ("user_id", "room_id");
CREATE INDEX "members_room_id_joined_seq_idx" ON "members" ("room_id", "joined_seq");

CREATE TABLE "messages" (
  "room_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "chat_no" BIGINT NOT NULL,
  "kind" TEXT NOT NULL,
  "sender_id" TEXT,
  "sender_nickname" TEXT,
  "sender_tag" TEXT,
  "client_message_id" TEXT,
  "content" TEXT NOT NULL,
  "reply_to" BIGINT,
  "data" JSONB,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "messages_pkey" PRIMARY KEY ("room_id", "seq"),
  CONSTRAINT "messages_kind_known" CHECK ("kind" IN ('CHAT', 'SYSTEM', 'NOTIFICATION'))
);
-- A retry is found for ever. Notices by the service have no sender and are deduplicated too; an expression, because
-- IS NOT DISTINCT FROM can't use an index. No user has the empty id.
CREATE UNIQUE INDEX "messages_retry_key"
  ON "messages" ("room_id", "client_message_id", (coalesce("sender_id", '')))
  WHERE "client_message_id" IS NOT NULL;

CREATE TABLE "tickets" (
  "hash" BYTEA NOT NULL,
  "claims" JSONB NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "tickets_pkey" PRIMARY KEY ("hash")
);
CREATE INDEX "tickets_expires_at_idx" ON "tickets" ("expires_at");

CREATE TABLE "nickname_tags" (
  "nickname" TEXT NOT NULL,
  "tag" TEXT NOT NULL,
  "given_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "nickname_tags_pkey" PRIMARY KEY ("nickname", "tag")
);

ALTER TABLE "members" ADD CONSTRAINT "members_room_id_fkey"
  FOREIGN KEY ("room_id") REFERENCES "rooms" ("room_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Rendering -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION "iso"(t TIMESTAMPTZ) RETURNS TEXT LANGUAGE sql STABLE
  RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- The room as the wire shows it, without `onlineCount`, which is not lasting.
CREATE FUNCTION "room_json"(r "rooms") RETURNS JSONB LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', r.room_id, 'productId', r.product_id, 'title', r.title, 'status', r.status, 'reason', r.reason,
    'hostId', r.host_id, 'maxParticipants', r.max_participants, 'minParticipants', r.min_participants,
    'participantCount', r.participant_count, 'committedCount', r.committed_count, 'lastSeq', r.last_seq,
    'createdAt', iso(r.created_at), 'expiresAt', iso(r.expires_at), 'closedAt', iso(r.closed_at));

CREATE FUNCTION "participant_json"(m "members", online BOOLEAN) RETURNS JSONB LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'userId', m.user_id, 'nickname', m.nickname, 'tag', m.tag,
    'role', CASE WHEN m.host THEN 'HOST' WHEN m.committed THEN 'BUYER' ELSE 'GUEST' END,
    'committed', m.committed, 'online', online, 'joinedAt', iso(m.joined_at), 'lastReadSeq', m.last_read_seq);

CREATE FUNCTION "message_json"(m "messages") RETURNS JSONB LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', m.room_id, 'seq', m.seq, 'chatNo', m.chat_no, 'kind', m.kind, 'senderId', m.sender_id,
    'senderNickname', m.sender_nickname, 'senderTag', m.sender_tag, 'clientMessageId', m.client_message_id,
    'content', m.content, 'replyTo', m.reply_to, 'data', m.data, 'createdAt', iso(m.created_at));

-- Writing to a room's sequence ------------------------------------------------------------------------------------------
-- Every function below locks the room's row first, so commit order equals order of `seq`: no gaps, no late commits
-- behind a reader's back. VOLATILE functions in READ COMMITTED see, statement by statement, what the lock waited for.

-- Adds one SYSTEM row. The caller holds the lock and writes `last_seq` itself, as the returned number.
CREATE FUNCTION "add_system"(r "rooms", event TEXT, content TEXT, detail JSONB) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', content,
          jsonb_build_object('event', event) || detail, clock_timestamp());
  RETURN r.last_seq + 1;
END $$;

-- The answer of the functions below: outcome, the room, its rows after `since`, and who was concerned.
CREATE FUNCTION "room_change"(outcome TEXT, r "rooms", since BIGINT, participant JSONB) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('outcome', outcome, 'room', room_json(r) || jsonb_build_object('lastChatNo', r.last_chat_no),
    'participant', participant,
    'messages', (SELECT coalesce(jsonb_agg(message_json(m) ORDER BY m.seq), '[]')
                 FROM messages m WHERE m.room_id = r.room_id AND m.seq > since AND m.seq <= r.last_seq));

CREATE FUNCTION "open_room"(
  p_room TEXT, p_product TEXT, p_title TEXT, p_host TEXT, p_host_nickname TEXT,
  p_max INTEGER, p_min INTEGER, p_expires TIMESTAMPTZ, p_opening JSONB
) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE r rooms; m members; host_json JSONB := NULL;
BEGIN
  INSERT INTO rooms (room_id, product_id, title, host_id, max_participants, min_participants, expires_at, opening)
  VALUES (p_room, p_product, p_title, p_host, p_max, p_min, p_expires, p_opening)
  ON CONFLICT (room_id) DO NOTHING RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM rooms WHERE room_id = p_room;
    RETURN room_change(CASE WHEN r.opening = p_opening THEN 'same' ELSE 'conflict' END, r, r.last_seq, NULL);
  END IF;
  IF p_host IS NOT NULL THEN
    INSERT INTO members (room_id, user_id, nickname, host, joined_seq)
    VALUES (p_room, p_host, p_host_nickname, true, 1) RETURNING * INTO m;
    host_json := participant_json(m, false);
  END IF;
  r.last_seq := add_system(r, 'room.opened', p_title || ' opened',
    jsonb_build_object('room', room_json(r), 'participant', host_json));
  UPDATE rooms SET last_seq = r.last_seq WHERE room_id = p_room;
  RETURN room_change('created', r, 0, host_json);
END $$;

-- For who touches several members: read marks don't lock the room, and they take members in this order, so neither waits
-- for the other while holding what that one wants.
CREATE FUNCTION "lock_members"(p_room TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM members WHERE room_id = p_room ORDER BY user_id FOR UPDATE;
END $$;

-- Removes the newest guest, who gives way. Returns the room with its counters moved; null room_id when there is no guest.
CREATE FUNCTION "remove_newest_guest"(r "rooms", why TEXT) RETURNS "rooms" LANGUAGE plpgsql AS $$
DECLARE m members;
BEGIN
  DELETE FROM members WHERE (room_id, user_id) = (
    SELECT room_id, user_id FROM members
    WHERE room_id = r.room_id AND NOT host AND NOT committed ORDER BY joined_seq DESC LIMIT 1)
  RETURNING * INTO m;
  IF NOT FOUND THEN
    r.room_id := NULL;
    RETURN r;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
    'participant', participant_json(m, false), 'reason', why,
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  RETURN r;
END $$;

-- Writes the counters back; the end of every function that changed them.
CREATE FUNCTION "save_counters"(r "rooms") RETURNS VOID LANGUAGE sql AS $$
  UPDATE rooms SET last_seq = r.last_seq, participant_count = r.participant_count, committed_count = r.committed_count
  WHERE room_id = r.room_id;
$$;

CREATE FUNCTION "join_room"(p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE r rooms; m members; known BOOLEAN; since BIGINT; way rooms;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.left_at IS NULL THEN RETURN room_change('already', r, since, participant_json(m, p_online)); END IF;
  IF r.status <> 'ACTIVE' OR r.expires_at <= clock_timestamp() THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF NOT known THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    PERFORM lock_members(p_room);
    way := remove_newest_guest(r, 'GAVE_WAY');
    IF way.room_id IS NULL THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    r := way;
  END IF;
  INSERT INTO members (room_id, user_id, nickname, tag, joined_seq, last_read_seq, last_read_chat_no)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no)
  ON CONFLICT (room_id, user_id) DO UPDATE
    SET left_at = NULL, nickname = p_nickname, tag = p_tag, joined_at = clock_timestamp(), joined_seq = r.last_seq + 1,
      last_read_seq = r.last_seq, last_read_chat_no = r.last_chat_no
  RETURNING * INTO m;
  r.participant_count := r.participant_count + 1;
  r.last_seq := add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
    'participant', participant_json(m, p_online),
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM save_counters(r);
  RETURN room_change('joined', r, since, participant_json(m, p_online));
END $$;

-- Many joins in one round trip, an answer each, in order. Rooms are locked in the order of their ids.
CREATE FUNCTION "join_rooms"(
  p_rooms TEXT[], p_users TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_online BOOLEAN[]
) RETURNS TABLE (ord INTEGER, change JSONB) LANGUAGE plpgsql SET lock_timeout = '500ms' AS $$
BEGIN
  PERFORM 1 FROM rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  FOR ord IN 1 .. cardinality(p_rooms) LOOP
    change := join_room(p_rooms[ord], p_users[ord], p_nicknames[ord], p_tags[ord], p_online[ord]);
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends a membership: by the member (participant.left), or by the host or the service (participant.removed).
CREATE FUNCTION "leave_room"(p_room TEXT, p_user TEXT, p_event TEXT, p_reason TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE r rooms; m members; since BIGINT;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM members WHERE room_id = p_room AND user_id = p_user AND left_at IS NULL;
  IF NOT FOUND THEN RETURN room_change('absent', r, since, NULL); END IF;
  IF m.host THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF m.committed THEN
    UPDATE members SET left_at = clock_timestamp() WHERE room_id = p_room AND user_id = p_user;
  ELSE
    DELETE FROM members WHERE room_id = p_room AND user_id = p_user;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := add_system(r, p_event,
    m.nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
    jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) || jsonb_build_object(
      'participant', participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM save_counters(r);
  RETURN room_change('left', r, since, participant_json(m, false));
END $$;

-- Records a purchase, or its withdrawal, as trade tells it. A buyer always gets in: the newest guest gives way.
CREATE FUNCTION "commit_participant"(p_room TEXT, p_user TEXT, p_committed BOOLEAN, p_nickname TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE r rooms; m members; known BOOLEAN; since BIGINT; way rooms;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.host THEN RETURN jsonb_build_object('outcome', 'SELLER_CANNOT_BUY'); END IF;
  IF (known AND m.committed) = p_committed THEN
    RETURN room_change('same', r, since, CASE WHEN known THEN participant_json(m, false) END);
  END IF;
  -- An end state that expiry gave is provisional: the purchase may have been waiting in trade's outbox.
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF r.status = 'CLOSED' AND NOT r.provisional AND p_committed THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF p_committed THEN
    IF r.committed_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    IF NOT known THEN
      IF r.participant_count >= r.max_participants THEN
        way := remove_newest_guest(r, 'GAVE_WAY');
        IF way.room_id IS NULL THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
        r := way;
      END IF;
      INSERT INTO members (room_id, user_id, nickname, joined_seq, last_read_seq, last_read_chat_no)
      VALUES (p_room, p_user, p_nickname, r.last_seq + 1, r.last_seq, r.last_chat_no) RETURNING * INTO m;
      r.participant_count := r.participant_count + 1;
      r.last_seq := add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
        'participant', participant_json(m, false),
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    UPDATE members SET committed = true WHERE room_id = p_room AND user_id = p_user RETURNING * INTO m;
    r.committed_count := r.committed_count + 1;
    r.last_seq := add_system(r, 'participant.committed', m.nickname || ' bought', jsonb_build_object(
      'participant', participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  ELSE
    r.committed_count := r.committed_count - 1;
    IF m.left_at IS NOT NULL THEN
      DELETE FROM members WHERE room_id = p_room AND user_id = p_user;
      m.committed := false;
    ELSE
      UPDATE members SET committed = false WHERE room_id = p_room AND user_id = p_user RETURNING * INTO m;
    END IF;
    r.last_seq := add_system(r, 'participant.uncommitted', m.nickname || ' withdrew', jsonb_build_object(
      'participant', participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
    IF r.status = 'CLOSED' AND m.left_at IS NULL THEN
      -- A closed room keeps buyers only.
      DELETE FROM members WHERE room_id = p_room AND user_id = p_user;
      r.participant_count := r.participant_count - 1;
      r.last_seq := add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
        'participant', participant_json(m, false), 'reason', 'NOT_A_BUYER',
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
  END IF;
  PERFORM save_counters(r);
  RETURN room_change(CASE WHEN p_committed THEN 'committed' ELSE 'uncommitted' END, r, since, participant_json(m, false));
END $$;

-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row.
CREATE FUNCTION "end_room"(r "rooms", p_status TEXT, p_reason TEXT, p_provisional BOOLEAN) RETURNS "rooms"
LANGUAGE plpgsql AS $$
DECLARE removed BIGINT;
BEGIN
  r.status := p_status;
  r.reason := p_reason;
  r.provisional := p_provisional;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', room_json(r)));
  IF p_status = 'CLOSED' THEN
    PERFORM lock_members(r.room_id);
    WITH gone AS (
      DELETE FROM members m WHERE m.room_id = r.room_id AND NOT m.host AND NOT m.committed RETURNING m
    ), ordered AS (
      SELECT m, row_number() OVER (ORDER BY (m).joined_seq DESC) AS n FROM gone
    ), told AS (
      -- Each row counts down by one, so that the counters are those of the members at every step of the sequence.
      INSERT INTO messages (room_id, seq, chat_no, kind, content, data, created_at)
      SELECT r.room_id, r.last_seq + n, r.last_chat_no, 'SYSTEM', (m).nickname || ' was removed',
        jsonb_build_object('event', 'participant.removed', 'participant', participant_json(m, false),
          'reason', 'NOT_A_BUYER', 'participantCount', r.participant_count - n,
          'committedCount', r.committed_count), clock_timestamp()
      FROM ordered RETURNING 1
    )
    SELECT count(*) INTO removed FROM told;
    r.participant_count := r.participant_count - removed;
    r.last_seq := r.last_seq + removed;
  END IF;
  UPDATE rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, last_seq = r.last_seq
  WHERE room_id = r.room_id;
  RETURN r;
END $$;

-- A status set by the service. The same again is no change; an end state by expiry gives way to the other one.
CREATE FUNCTION "set_room_status"(p_room TEXT, p_status TEXT, p_reason TEXT) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE r rooms; since BIGINT;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.status = p_status THEN
    IF r.provisional THEN
      -- Trade confirms what expiry decided: from now on it is final.
      r.provisional := false;
      IF p_reason IS NOT NULL AND p_reason IS DISTINCT FROM r.reason THEN
        r.reason := p_reason;
        r.last_seq := add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', room_json(r)));
      END IF;
      UPDATE rooms SET provisional = false, reason = r.reason, last_seq = r.last_seq WHERE room_id = p_room;
    END IF;
    RETURN room_change('same', r, since, NULL);
  END IF;
  IF p_status = 'ACTIVE' OR (r.status <> 'ACTIVE' AND NOT r.provisional) THEN
    RETURN room_change('illegal', r, since, NULL) || jsonb_build_object('provisional', r.provisional);
  END IF;
  r := end_room(r, p_status, p_reason, false);
  RETURN room_change('changed', r, since, NULL);
END $$;

-- Title, cap, minimum, deadline. Null leaves a field as it is; `p_clear_min` takes the minimum away.
CREATE FUNCTION "patch_room"(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ
) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE r rooms; before rooms; since BIGINT; recruiting BOOLEAN;
BEGIN
  SELECT * INTO r FROM rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  before := r;
  r.title := coalesce(p_title, r.title);
  r.max_participants := coalesce(p_max, r.max_participants);
  r.min_participants := CASE WHEN p_clear_min THEN NULL ELSE coalesce(p_min, r.min_participants) END;
  r.expires_at := coalesce(p_expires, r.expires_at);
  IF r = before THEN RETURN room_change('same', r, since, NULL); END IF;
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  recruiting := r.max_participants <> before.max_participants OR r.expires_at IS DISTINCT FROM before.expires_at
    OR r.min_participants IS DISTINCT FROM before.min_participants;
  IF recruiting AND r.status <> 'ACTIVE' AND NOT r.provisional THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.max_participants < r.committed_count THEN RETURN jsonb_build_object('outcome', 'BELOW_BUYERS'); END IF;
  IF r.min_participants > r.max_participants THEN RETURN jsonb_build_object('outcome', 'MIN_ABOVE_MAX'); END IF;
  -- The deadline was moved while expiry already had ended the room: the move was waiting in trade's outbox.
  IF r.provisional AND r.expires_at > clock_timestamp() AND r.expires_at IS DISTINCT FROM before.expires_at THEN
    r.status := 'ACTIVE';
    r.reason := NULL;
    r.provisional := false;
    r.closed_at := NULL;
  END IF;
  IF r.participant_count > r.max_participants THEN PERFORM lock_members(p_room); END IF;
  WHILE r.participant_count > r.max_participants LOOP
    r := remove_newest_guest(r, 'CAP_LOWERED');
  END LOOP;
  r.last_seq := add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', room_json(r)));
  UPDATE rooms SET title = r.title, max_participants = r.max_participants, min_participants = r.min_participants,
    expires_at = r.expires_at, status = r.status, reason = r.reason, provisional = r.provisional,
    closed_at = r.closed_at, last_seq = r.last_seq, participant_count = r.participant_count
  WHERE room_id = p_room;
  RETURN room_change('changed', r, since, NULL);
END $$;

-- Ends ACTIVE rooms past their deadline, by the database's clock. SKIP LOCKED: one winner among instances.
CREATE FUNCTION "expire_rooms"(p_limit INTEGER) RETURNS SETOF JSONB LANGUAGE plpgsql AS $$
DECLARE r rooms; since BIGINT;
BEGIN
  FOR r IN
    SELECT * FROM rooms WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    since := r.last_seq;
    r := end_room(r, CASE WHEN r.committed_count >= coalesce(r.min_participants, 0) THEN 'CLOSED' ELSE 'CANCELLED' END,
      'EXPIRED', true);
    RETURN NEXT room_change('changed', r, since, NULL);
  END LOOP;
END $$;

-- Removes a room with its members and messages. True when there was one.
CREATE FUNCTION "delete_room"(p_room TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM lock_members(p_room);
  DELETE FROM messages WHERE room_id = p_room;
  DELETE FROM rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- The append: a batch of messages of many rooms in one round trip, with an outcome for each.
-- Rooms are locked in the order of their ids (no deadlock between two batches); retries are answered with what was
-- stored the first time, also when the sender or the room has since lost the right to talk.
CREATE FUNCTION "append_messages"(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[]
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql SET lock_timeout = '500ms' SET enable_seqscan = off AS $$
-- Without sequential scans: a plan made while the tables were small is kept by its connection, and reading a whole table
-- for each message is what it would do when they have grown.
#variable_conflict use_column
DECLARE stamp TIMESTAMPTZ(3);
BEGIN
  PERFORM 1 FROM rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  -- The senders' rows in the order in which mark_read takes them, else the two would wait for each other.
  PERFORM 1 FROM members m JOIN unnest(p_rooms, p_senders) i (room_id, user_id)
    ON m.room_id = i.room_id AND m.user_id = i.user_id ORDER BY m.room_id, m.user_id FOR NO KEY UPDATE OF m;
  stamp := clock_timestamp();
  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT * FROM unnest(p_rooms, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas)
      WITH ORDINALITY AS i (room_id, sender_id, nickname, tag, client_id, kind, content, reply_to, data, n)
  ), judged AS MATERIALIZED (
    SELECT i.*, r.last_seq, r.last_chat_no, d.seq AS stored_seq, d.chat_no AS stored_chat_no, d.created_at AS stored_at,
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        WHEN r.room_id IS NULL THEN 'NOT_FOUND'
        WHEN i.sender_id IS NOT NULL AND m.user_id IS NULL THEN 'NOT_A_MEMBER'
        WHEN r.status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
        WHEN i.kind = 'NOTIFICATION' AND i.sender_id IS NOT NULL AND NOT m.host THEN 'FORBIDDEN'
        WHEN i.reply_to > r.last_seq THEN 'REPLY_UNKNOWN'
        ELSE 'stored'
      END AS verdict
    FROM input i
    LEFT JOIN rooms r ON r.room_id = i.room_id
    LEFT JOIN members m ON m.room_id = i.room_id AND m.user_id = i.sender_id AND m.left_at IS NULL
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '')
    ) d ON true
  ), counted AS MATERIALIZED (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, row_number() OVER (PARTITION BY j.room_id, j.sender_id, j.client_id, j.verdict ORDER BY j.n) AS copy
    FROM judged j
  ), numbered AS MATERIALIZED (
    SELECT c.*, row_number() OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c WHERE c.verdict = 'stored' AND c.copy = 1
  ), inserted AS (
    INSERT INTO messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id, content,
      reply_to, data, created_at)
    SELECT room_id, last_seq + k, last_chat_no + k, kind, sender_id, nickname, tag, client_id, content, reply_to,
      data::jsonb, stamp
    FROM numbered
  ), advanced AS (
    UPDATE rooms r SET last_seq = r.last_seq + c.k, last_chat_no = r.last_chat_no + c.k
    FROM (SELECT room_id, max(k) AS k FROM numbered GROUP BY room_id) c WHERE r.room_id = c.room_id
  ), read AS (
    -- Who talks has read. Own later marks win.
    UPDATE members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no
    FROM (SELECT room_id, sender_id, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM numbered WHERE sender_id IS NOT NULL GROUP BY room_id, sender_id) c
    WHERE m.room_id = c.room_id AND m.user_id = c.sender_id AND m.last_read_seq < c.seq
  )
  SELECT j.n::INTEGER, CASE WHEN j.verdict = 'stored' AND j.copy > 1 THEN 'duplicate' ELSE j.verdict END,
    coalesce(j.stored_seq, f.last_seq + f.k), coalesce(j.stored_chat_no, f.last_chat_no + f.k),
    iso(coalesce(j.stored_at, stamp))
  FROM counted j
  LEFT JOIN numbered f ON f.room_id = j.room_id AND f.client_id = j.client_id
    AND coalesce(f.sender_id, '') = coalesce(j.sender_id, '')
  ORDER BY j.n;
END $$;

-- Read marks of many members at once: only forward, never past the newest row. Returns those that moved.
CREATE FUNCTION "mark_read"(p_rooms TEXT[], p_users TEXT[], p_seqs BIGINT[])
RETURNS TABLE (ord INTEGER, seq BIGINT, chat_no BIGINT, member BOOLEAN, moved BOOLEAN) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  -- Members are locked in one order, so that two batches can't wait for each other.
  PERFORM 1 FROM members m JOIN unnest(p_rooms, p_users) i (room_id, user_id)
    ON m.room_id = i.room_id AND m.user_id = i.user_id ORDER BY m.room_id, m.user_id FOR NO KEY UPDATE OF m;
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.n, i.room_id, i.user_id, least(i.seq, r.last_seq) AS seq
    FROM unnest(p_rooms, p_users, p_seqs) WITH ORDINALITY AS i (room_id, user_id, seq, n)
    LEFT JOIN rooms r ON r.room_id = i.room_id
  ), highest AS (
    SELECT w.room_id, w.user_id, max(w.seq) AS seq FROM wanted w GROUP BY w.room_id, w.user_id
  ), marked AS (
    UPDATE members m SET last_read_seq = h.seq, last_read_chat_no = s.chat_no
    FROM highest h JOIN messages s ON s.room_id = h.room_id AND s.seq = h.seq
    WHERE m.room_id = h.room_id AND m.user_id = h.user_id AND m.left_at IS NULL AND m.last_read_seq < h.seq
    RETURNING m.room_id, m.user_id, m.last_read_seq, m.last_read_chat_no
  )
  SELECT w.n::INTEGER, coalesce(k.last_read_seq, m.last_read_seq), coalesce(k.last_read_chat_no, m.last_read_chat_no),
    -- Told to the others once, however many marks of one member are in the batch.
    m.user_id IS NOT NULL, k.user_id IS NOT NULL AND row_number() OVER (PARTITION BY w.room_id, w.user_id ORDER BY w.n) = 1
  FROM wanted w
  LEFT JOIN members m ON m.room_id = w.room_id AND m.user_id = w.user_id AND m.left_at IS NULL
  LEFT JOIN marked k ON k.room_id = w.room_id AND k.user_id = w.user_id
  ORDER BY w.n;
END $$;

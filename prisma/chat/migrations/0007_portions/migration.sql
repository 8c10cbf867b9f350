-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "clearing" BOOLEAN NOT NULL DEFAULT false;

-- The append: a batch of messages of many rooms in one round trip, with an outcome for each. Rooms are locked in the
-- order of their ids (no deadlock between two batches); retries are answered with what was stored the first time, also
-- when the sender or the room has since lost the right to talk. Planned once (a batch of one cost 2 ms, most of them
-- planning: the planner takes arrays it can look into for cheaper), and numbered by windows alone (a self join
-- compared each row of a room with each other): `pnpm bench s5` and `s3`. The last parameter has a default: instances
-- of the first version call it with nine.
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
      CASE
        WHEN d.seq IS NOT NULL THEN 'duplicate'
        WHEN r.room_id IS NULL THEN 'NOT_FOUND'
        -- In the lobby, the room without a product, everybody is a member.
        WHEN i.sender_id IS NOT NULL AND (m.user_id IS NULL OR m.left_at IS NOT NULL) AND r.product_id IS NOT NULL
          THEN 'NOT_A_MEMBER'
        -- A guest of a room that was closed, whose own row is still to come.
        WHEN r.clearing AND i.sender_id IS NOT NULL AND NOT m.host AND NOT m.committed THEN 'NOT_A_MEMBER'
        WHEN r.status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
        WHEN i.kind = 'NOTIFICATION' AND i.sender_id IS NOT NULL AND m.host IS NOT TRUE THEN 'FORBIDDEN'
        WHEN i.reply_to > r.last_seq THEN 'REPLY_UNKNOWN'
        ELSE 'stored'
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.product_id, r.status, r.clearing, r.last_seq, r.last_chat_no, r.ctid FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.ctid FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.sender_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL (
      SELECT s.seq, s.chat_no, s.created_at FROM chat.messages s
      WHERE s.room_id = i.room_id AND s.client_message_id = i.client_id
        AND coalesce(s.sender_id, '') = coalesce(i.sender_id, '') OFFSET 0
    ) d ON true
  ), counted AS (
    -- By verdict: a copy that was refused must not pass for the one that is stored.
    SELECT j.*, j.verdict = 'stored'
      AND row_number() OVER (PARTITION BY j.room_id, j.client_id, j.sender_id, j.verdict ORDER BY j.n) = 1 AS fresh
    FROM judged j
  ), numbered AS (
    SELECT c.*, count(*) FILTER (WHERE c.fresh) OVER (PARTITION BY c.room_id ORDER BY c.n) AS k
    FROM counted c
  ), placed AS MATERIALIZED (
    -- A copy within the batch has the place of the one that is stored.
    SELECT n.*, CASE WHEN n.verdict = 'stored'
      THEN min(n.k) OVER (PARTITION BY n.room_id, n.client_id, n.sender_id, n.verdict) END AS place
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
    UPDATE chat.members m SET last_read_seq = c.seq, last_read_chat_no = c.chat_no
    FROM (SELECT member_place, max(last_seq + k) AS seq, max(last_chat_no + k) AS chat_no
          FROM placed WHERE fresh AND sender_id IS NOT NULL GROUP BY member_place) c
    WHERE m.ctid = c.member_place AND m.last_read_seq < c.seq
  )
  SELECT p.n::INTEGER, CASE WHEN p.verdict = 'stored' AND NOT p.fresh THEN 'duplicate' ELSE p.verdict END,
    coalesce(p.stored_seq, p.last_seq + p.place), coalesce(p.stored_chat_no, p.last_chat_no + p.place),
    chat.iso(coalesce(p.stored_at, stamp))
  FROM placed p
  ORDER BY p.n;
END $$;

-- The next portion of the guests that a room which was CLOSED has still to lose. 'changed' as long as there may be more.
CREATE OR REPLACE FUNCTION chat.clear_guests(p_room TEXT, p_portion INTEGER) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF NOT r.clearing THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  r := chat.remove_guests(r, p_portion, 'NOT_A_BUYER');
  r.clearing := r.last_seq - since >= p_portion;
  UPDATE chat.rooms SET participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row; those
-- beyond a first portion are taken by `clear_guests`, until when the room is marked `clearing`.
CREATE OR REPLACE FUNCTION chat.end_room(r chat.rooms, p_status TEXT, p_reason TEXT, p_provisional BOOLEAN)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  portion CONSTANT INTEGER := 250;
  present INTEGER := r.participant_count;
BEGIN
  r.status := p_status;
  r.reason := p_reason;
  r.provisional := p_provisional;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := chat.add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', chat.room_json(r)));
  IF p_status = 'CLOSED' THEN r := chat.remove_guests(r, portion, 'NOT_A_BUYER'); END IF;
  r.clearing := present - r.participant_count >= portion;
  UPDATE chat.rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing
  WHERE room_id = r.room_id;
  RETURN r;
END $$;

-- Ends ACTIVE rooms past their deadline, by the database's clock. SKIP LOCKED: one winner among instances. In the order of
-- their ids, which is that of all locks. A room that can't be ended now, because somebody has locked its members or for a
-- fault of its own, keeps none of the others waiting. Provisional: trade has the last word. At most `p_limit` rooms, and
-- fewer when their ends are many rows: the rest is for the next call.
CREATE OR REPLACE FUNCTION chat.expire_rooms(p_limit INTEGER) RETURNS SETOF JSONB
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  due TEXT[];
  r chat.rooms;
  since BIGINT;
  told BIGINT := 0;
BEGIN
  SELECT array_agg(d.room_id ORDER BY d.room_id) INTO due FROM (
    SELECT room_id FROM chat.rooms WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) d;
  FOR r IN
    -- A statement of its own: it sees the rooms as they were locked.
    SELECT * FROM chat.rooms WHERE room_id = ANY (due) ORDER BY room_id
  LOOP
    since := r.last_seq;
    BEGIN
      r := chat.end_room(
        r, CASE WHEN r.committed_count >= coalesce(r.min_participants, 0) THEN 'CLOSED' ELSE 'CANCELLED' END,
        'EXPIRED', true);
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING 'room % was not ended: %', r.room_id, SQLERRM;
      CONTINUE;
    END;
    RETURN NEXT chat.room_change('changed', r, since, NULL);
    told := told + r.last_seq - since;
    EXIT WHEN told >= 500;
  END LOOP;
END $$;

-- Title, cap, minimum, deadline. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: those without an account beyond their share of it, then whoever gives way. PLACE_NEEDED
-- (with null as `p_online`): call again with who is online. The first version has six parameters.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ,
  p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  before chat.rooms;
  since BIGINT;
  recruiting BOOLEAN;
  beyond BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  before := r;
  r.title := coalesce(p_title, r.title);
  r.max_participants := coalesce(p_max, r.max_participants);
  r.min_participants := CASE WHEN p_clear_min THEN NULL ELSE coalesce(p_min, r.min_participants) END;
  r.expires_at := coalesce(p_expires, r.expires_at);
  IF r = before THEN RETURN chat.room_change('same', r, since, NULL); END IF;
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
    r.clearing := false;
    r.anonymous_count := (SELECT count(*) FROM chat.members
      WHERE room_id = p_room AND anonymous AND NOT committed AND NOT host AND left_at IS NULL);
  END IF;
  IF r.max_participants < before.max_participants THEN
    beyond := CASE r.status WHEN 'ACTIVE' THEN r.anonymous_count - chat.anonymous_places(r, p_share) ELSE 0 END;
    IF p_online IS NULL AND (beyond > 0 OR r.participant_count > r.max_participants) THEN
      RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
    END IF;
    r := chat.give_way(r, beyond, 'CAP_LOWERED', p_online, true);
    r := chat.give_way(r, r.participant_count - r.max_participants, 'CAP_LOWERED', p_online, false);
  END IF;
  r.last_seq :=
    chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  UPDATE chat.rooms SET title = r.title, max_participants = r.max_participants, min_participants = r.min_participants,
    expires_at = r.expires_at, status = r.status, reason = r.reason, provisional = r.provisional,
    closed_at = r.closed_at, last_seq = r.last_seq, participant_count = r.participant_count,
    anonymous_count = r.anonymous_count, clearing = r.clearing
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

-- Removes at most `p_limit` guests, the newest first, each with a row of his own. Returns the room with its counters
-- moved, which the caller writes. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.remove_guests(r chat.rooms, p_limit INTEGER, why TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  chosen TEXT[];
BEGIN
  SELECT array_agg(m.user_id ORDER BY m.joined_seq DESC) INTO chosen FROM (
    SELECT user_id, joined_seq FROM chat.members
    WHERE room_id = r.room_id AND left_at IS NULL AND NOT host AND NOT committed
    ORDER BY joined_seq DESC LIMIT p_limit) m;
  IF chosen IS NULL THEN RETURN r; END IF;
  -- In the order of all who lock several members: see lock_members.
  PERFORM 1 FROM chat.members WHERE room_id = r.room_id AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
  RETURN chat.end_memberships(r, chosen, 'participant.removed', why);
END $$;

-- Few rooms at a time: an index of its own, so that the job does not read all of them.
CREATE INDEX "rooms_clearing_idx" ON "rooms" ("room_id") WHERE "clearing";

-- Adds one SYSTEM row. The caller holds the lock and writes `last_seq` itself, as the returned number.
CREATE OR REPLACE FUNCTION chat.add_system(r chat.rooms, event TEXT, content TEXT, detail JSONB) RETURNS BIGINT
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', content,
          jsonb_build_object('event', event) || detail, clock_timestamp());
  RETURN r.last_seq + 1;
END $$;

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
        WHEN i.sender_id IS NOT NULL AND (m.user_id IS NULL OR m.left_at IS NOT NULL) THEN 'NOT_A_MEMBER'
        WHEN r.status = 'CANCELLED' THEN 'ROOM_READ_ONLY'
        WHEN i.kind = 'NOTIFICATION' AND i.sender_id IS NOT NULL AND NOT m.host THEN 'FORBIDDEN'
        WHEN i.reply_to > r.last_seq THEN 'REPLY_UNKNOWN'
        ELSE 'stored'
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (
      SELECT r.room_id, r.status, r.last_seq, r.last_chat_no, r.ctid FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.ctid FROM chat.members m
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

-- Records a purchase, or its withdrawal, as trade tells it. A buyer always gets in: the newest guest gives way.
CREATE OR REPLACE FUNCTION chat.commit_participant(p_room TEXT, p_user TEXT, p_committed BOOLEAN, p_nickname TEXT)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  known BOOLEAN;
  since BIGINT;
  way chat.rooms;
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
    IF r.committed_count >= r.max_participants THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    IF NOT known THEN
      IF r.participant_count >= r.max_participants THEN
        way := chat.remove_newest_guest(r, 'GAVE_WAY');
        IF way.room_id IS NULL THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
        r := way;
      END IF;
      INSERT INTO chat.members (room_id, user_id, nickname, joined_seq, last_read_seq, last_read_chat_no)
      VALUES (p_room, p_user, p_nickname, r.last_seq + 1, r.last_seq, r.last_chat_no) RETURNING * INTO m;
      r.participant_count := r.participant_count + 1;
      r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
        'participant', chat.participant_json(m, false),
        'participantCount', r.participant_count, 'committedCount', r.committed_count));
    END IF;
    UPDATE chat.members SET committed = true WHERE room_id = p_room AND user_id = p_user RETURNING * INTO m;
    r.committed_count := r.committed_count + 1;
    r.last_seq := chat.add_system(r, 'participant.committed', m.nickname || ' bought', jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  ELSE
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
  END IF;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change(
    CASE WHEN p_committed THEN 'committed' ELSE 'uncommitted' END, r, since, chat.participant_json(m, false));
END $$;

-- Removes a room with its members and messages. True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row.
CREATE OR REPLACE FUNCTION chat.end_room(r chat.rooms, p_status TEXT, p_reason TEXT, p_provisional BOOLEAN)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  removed BIGINT;
BEGIN
  r.status := p_status;
  r.reason := p_reason;
  r.provisional := p_provisional;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := chat.add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', chat.room_json(r)));
  IF p_status = 'CLOSED' THEN
    PERFORM chat.lock_members(r.room_id);
    WITH gone AS (
      DELETE FROM chat.members m WHERE m.room_id = r.room_id AND NOT m.host AND NOT m.committed RETURNING m
    ), ordered AS (
      SELECT m, row_number() OVER (ORDER BY (m).joined_seq DESC) AS n FROM gone
    ), told AS (
      -- Each row counts down by one, so that the counters are those of the members at every step of the sequence.
      INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
      SELECT r.room_id, r.last_seq + n, r.last_chat_no, 'SYSTEM', (m).nickname || ' was removed',
        jsonb_build_object('event', 'participant.removed', 'participant', chat.participant_json(m, false),
          'reason', 'NOT_A_BUYER', 'participantCount', r.participant_count - n,
          'committedCount', r.committed_count), clock_timestamp()
      FROM ordered RETURNING 1
    )
    SELECT count(*) INTO removed FROM told;
    r.participant_count := r.participant_count - removed;
    r.last_seq := r.last_seq + removed;
  END IF;
  UPDATE chat.rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, last_seq = r.last_seq
  WHERE room_id = r.room_id;
  RETURN r;
END $$;

-- Ends ACTIVE rooms past their deadline, by the database's clock. SKIP LOCKED: one winner among instances. Provisional:
-- trade has the last word.
CREATE OR REPLACE FUNCTION chat.expire_rooms(p_limit INTEGER) RETURNS SETOF JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  FOR r IN
    SELECT * FROM chat.rooms WHERE status = 'ACTIVE' AND expires_at <= clock_timestamp()
    ORDER BY expires_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    since := r.last_seq;
    r := chat.end_room(
      r, CASE WHEN r.committed_count >= coalesce(r.min_participants, 0) THEN 'CLOSED' ELSE 'CANCELLED' END,
      'EXPIRED', true);
    RETURN NEXT chat.room_change('changed', r, since, NULL);
  END LOOP;
END $$;

-- A user becomes a member: who knows the room already stays, a guest needs a place, and a buyer who had left comes
-- back, for whom the newest guest gives way. Outcomes: joined, already, NOT_FOUND, ROOM_NOT_ACTIVE, ROOM_FULL.
CREATE OR REPLACE FUNCTION chat.join_room(p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  known BOOLEAN;
  since BIGINT;
  way chat.rooms;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  known := FOUND;
  IF known AND m.left_at IS NULL THEN
    RETURN chat.room_change('already', r, since, chat.participant_json(m, p_online));
  END IF;
  IF r.status <> 'ACTIVE' OR r.expires_at <= clock_timestamp() THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF NOT known THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    PERFORM chat.lock_members(p_room);
    way := chat.remove_newest_guest(r, 'GAVE_WAY');
    IF way.room_id IS NULL THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    r := way;
  END IF;
  INSERT INTO chat.members (room_id, user_id, nickname, tag, joined_seq, last_read_seq, last_read_chat_no)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no)
  ON CONFLICT (room_id, user_id) DO UPDATE
    SET left_at = NULL, nickname = p_nickname, tag = p_tag, joined_at = clock_timestamp(), joined_seq = r.last_seq + 1,
      last_read_seq = r.last_seq, last_read_chat_no = r.last_chat_no
  RETURNING * INTO m;
  r.participant_count := r.participant_count + 1;
  r.last_seq := chat.add_system(r, 'participant.joined', m.nickname || ' joined', jsonb_build_object(
    'participant', chat.participant_json(m, p_online),
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('joined', r, since, chat.participant_json(m, p_online));
END $$;

-- Many joins in one round trip, an answer each, in order. Rooms are locked in the order of their ids.
CREATE OR REPLACE FUNCTION chat.join_rooms(
  p_rooms TEXT[], p_users TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_online BOOLEAN[]
) RETURNS TABLE (ord INTEGER, change JSONB)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  FOR ord IN 1 .. cardinality(p_rooms) LOOP
    change := chat.join_room(p_rooms[ord], p_users[ord], p_nicknames[ord], p_tags[ord], p_online[ord]);
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends a membership: by the member (participant.left), or by the host or the service (participant.removed).
CREATE OR REPLACE FUNCTION chat.leave_room(p_room TEXT, p_user TEXT, p_event TEXT, p_reason TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user AND chat.is_present(left_at);
  IF NOT FOUND THEN RETURN chat.room_change('absent', r, since, NULL); END IF;
  IF m.host THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF m.committed THEN
    UPDATE chat.members SET left_at = clock_timestamp() WHERE room_id = p_room AND user_id = p_user;
  ELSE
    DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := chat.add_system(r, p_event,
    m.nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
    jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) || jsonb_build_object(
      'participant', chat.participant_json(m, false),
      'participantCount', r.participant_count, 'committedCount', r.committed_count));
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('left', r, since, chat.participant_json(m, false));
END $$;

-- Locks members of many rooms, in one order for all, so that two batches can't wait for each other.
CREATE OR REPLACE FUNCTION chat.lock_listed_members(p_rooms TEXT[], p_users TEXT[]) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM (
    SELECT DISTINCT i.room_id, i.user_id FROM unnest(p_rooms, p_users) i (room_id, user_id) ORDER BY 1, 2
  ) i
  CROSS JOIN LATERAL (
    SELECT 1 FROM chat.members m WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE
  ) m;
END $$;

-- For who touches several members of a room whose row he has locked. Read marks don't lock the room, and they take
-- members in this order, so neither waits for the other while holding what that one wants.
CREATE OR REPLACE FUNCTION chat.lock_members(p_room TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.members WHERE room_id = p_room ORDER BY user_id FOR UPDATE;
END $$;

-- Read marks of many members at once: only forward, never past the newest row. `moved`: to be told to the others.
-- Locks members, never rooms: a mark does not wait for a message.
CREATE OR REPLACE FUNCTION chat.mark_read(p_rooms TEXT[], p_users TEXT[], p_seqs BIGINT[])
RETURNS TABLE (ord INTEGER, seq BIGINT, chat_no BIGINT, member BOOLEAN, moved BOOLEAN)
LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  -- Members are locked in one order, so that two batches can't wait for each other.
  PERFORM chat.lock_listed_members(p_rooms, p_users);
  RETURN QUERY
  WITH wanted AS MATERIALIZED (
    SELECT i.n, i.room_id, i.user_id, least(i.seq, r.last_seq) AS seq,
      m.ctid AS place, m.last_read_seq, m.last_read_chat_no
    FROM unnest(p_rooms, p_users, p_seqs) WITH ORDINALITY AS i (room_id, user_id, seq, n)
    LEFT JOIN LATERAL (SELECT r.last_seq FROM chat.rooms r WHERE r.room_id = i.room_id OFFSET 0) r ON true
    LEFT JOIN LATERAL (
      SELECT m.ctid, m.last_read_seq, m.last_read_chat_no FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id AND chat.is_present(m.left_at) OFFSET 0
    ) m ON true
  ), highest AS MATERIALIZED (
    SELECT w.place, max(w.room_id) AS room_id, max(w.seq) AS seq FROM wanted w
    WHERE w.place IS NOT NULL AND w.last_read_seq < w.seq GROUP BY w.place
  ), numbered AS MATERIALIZED (
    SELECT h.place, h.seq, s.chat_no FROM highest h
    CROSS JOIN LATERAL (SELECT s.chat_no FROM chat.messages s WHERE s.room_id = h.room_id AND s.seq = h.seq OFFSET 0) s
  ), marked AS (
    UPDATE chat.members m SET last_read_seq = n.seq, last_read_chat_no = n.chat_no
    FROM numbered n WHERE m.ctid = n.place
  )
  SELECT w.n::INTEGER, coalesce(n.seq, w.last_read_seq), coalesce(n.chat_no, w.last_read_chat_no),
    -- Told to the others once, however many marks of one member are in the batch.
    w.place IS NOT NULL, n.place IS NOT NULL AND row_number() OVER (PARTITION BY w.room_id, w.user_id ORDER BY w.n) = 1
  FROM wanted w
  LEFT JOIN numbered n ON n.place = w.place
  ORDER BY w.n;
END $$;

-- Opens a room with its host and the SYSTEM message 1. The same opening again is 'same', another one 'conflict'.
CREATE OR REPLACE FUNCTION chat.open_room(
  p_room TEXT, p_product TEXT, p_title TEXT, p_host TEXT, p_host_nickname TEXT, p_max INTEGER, p_min INTEGER,
  p_expires TIMESTAMPTZ, p_opening JSONB
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  host_json JSONB := NULL;
BEGIN
  INSERT INTO chat.rooms (room_id, product_id, title, host_id, max_participants, min_participants, expires_at, opening)
  VALUES (p_room, p_product, p_title, p_host, p_max, p_min, p_expires, p_opening)
  ON CONFLICT (room_id) DO NOTHING RETURNING * INTO r;
  IF NOT FOUND THEN
    SELECT * INTO r FROM chat.rooms WHERE room_id = p_room;
    RETURN chat.room_change(CASE WHEN r.opening = p_opening THEN 'same' ELSE 'conflict' END, r, r.last_seq, NULL);
  END IF;
  IF p_host IS NOT NULL THEN
    INSERT INTO chat.members (room_id, user_id, nickname, host, joined_seq)
    VALUES (p_room, p_host, p_host_nickname, true, 1) RETURNING * INTO m;
    host_json := chat.participant_json(m, false);
  END IF;
  r.last_seq := chat.add_system(r, 'room.opened', p_title || ' opened',
    jsonb_build_object('room', chat.room_json(r), 'participant', host_json));
  UPDATE chat.rooms SET last_seq = r.last_seq WHERE room_id = p_room;
  RETURN chat.room_change('created', r, 0, host_json);
END $$;

-- Title, cap, minimum, deadline. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes the newest guests, never buyers.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  before chat.rooms;
  since BIGINT;
  recruiting BOOLEAN;
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
  END IF;
  IF r.participant_count > r.max_participants THEN PERFORM chat.lock_members(p_room); END IF;
  WHILE r.participant_count > r.max_participants LOOP
    r := chat.remove_newest_guest(r, 'CAP_LOWERED');
  END LOOP;
  r.last_seq :=
    chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  UPDATE chat.rooms SET title = r.title, max_participants = r.max_participants, min_participants = r.min_participants,
    expires_at = r.expires_at, status = r.status, reason = r.reason, provisional = r.provisional,
    closed_at = r.closed_at, last_seq = r.last_seq, participant_count = r.participant_count
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

-- Removes the newest guest, who gives way. Returns the room with its counters moved, which the caller writes; with a
-- null room_id when there is no guest. The caller holds the locks of the room and of its members.
CREATE OR REPLACE FUNCTION chat.remove_newest_guest(r chat.rooms, why TEXT) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  m chat.members;
BEGIN
  DELETE FROM chat.members WHERE (room_id, user_id) = (
    SELECT room_id, user_id FROM chat.members
    WHERE room_id = r.room_id AND NOT host AND NOT committed ORDER BY joined_seq DESC LIMIT 1)
  RETURNING * INTO m;
  IF NOT FOUND THEN
    r.room_id := NULL;
    RETURN r;
  END IF;
  r.participant_count := r.participant_count - 1;
  r.last_seq := chat.add_system(r, 'participant.removed', m.nickname || ' was removed', jsonb_build_object(
    'participant', chat.participant_json(m, false), 'reason', why,
    'participantCount', r.participant_count, 'committedCount', r.committed_count));
  RETURN r;
END $$;

-- Writes the counters back; the end of every function that changed them.
CREATE OR REPLACE FUNCTION chat.save_counters(r chat.rooms) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.rooms SET last_seq = r.last_seq, participant_count = r.participant_count,
    committed_count = r.committed_count
  WHERE room_id = r.room_id;
$$;

-- A status set by the service. The same again is no change; an end state by expiry gives way to the other one.
CREATE OR REPLACE FUNCTION chat.set_room_status(p_room TEXT, p_status TEXT, p_reason TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.status = p_status THEN
    IF r.provisional THEN
      -- Trade confirms what expiry decided: from now on it is final.
      r.provisional := false;
      IF p_reason IS NOT NULL AND p_reason IS DISTINCT FROM r.reason THEN
        r.reason := p_reason;
        r.last_seq :=
          chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
      END IF;
      UPDATE chat.rooms SET provisional = false, reason = r.reason, last_seq = r.last_seq WHERE room_id = p_room;
    END IF;
    RETURN chat.room_change('same', r, since, NULL);
  END IF;
  IF p_status = 'ACTIVE' OR (r.status <> 'ACTIVE' AND NOT r.provisional) THEN
    RETURN chat.room_change('illegal', r, since, NULL) || jsonb_build_object('provisional', r.provisional);
  END IF;
  r := chat.end_room(r, p_status, p_reason, false);
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

DROP FUNCTION chat.clear_guests(text,integer);

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
        WHEN r.clearing AND r.status = 'CLOSED' AND i.sender_id IS NOT NULL AND NOT m.host AND NOT m.committed
          THEN 'NOT_A_MEMBER'
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

-- The next portion of the guests that a room has still to lose, which was CLOSED or whose cap was lowered. 'changed' as
-- long as there may be more. PLACE_NEEDED (with null as `p_online`): call again with who is online. Callers that don't know
-- of lowered caps name no share, and leave those to others.
CREATE OR REPLACE FUNCTION chat.clear_guests(
  p_room TEXT, p_portion INTEGER, p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF NOT r.clearing THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CLOSED' THEN
    r := chat.remove_guests(r, p_portion, 'NOT_A_BUYER');
    r.clearing := r.last_seq - since >= p_portion;
  ELSIF p_share IS NULL THEN
    RETURN chat.room_change('same', r, since, NULL);
  ELSIF p_online IS NULL THEN
    RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
  ELSE
    r := chat.give_way_to_cap(r, p_share, p_online, p_portion);
  END IF;
  UPDATE chat.rooms SET participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

-- Records a purchase, or its withdrawal, as trade tells it. A buyer always gets in: a guest gives way, and a pause after
-- a removal ends. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first version has four
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
        IF p_online IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
        r := chat.give_way(r, 1, 'GAVE_WAY', p_online, false);
        -- While guests beyond a lowered cap are still to go, one of them went for him.
        IF r.participant_count >= r.max_participants AND NOT r.clearing THEN
          RETURN jsonb_build_object('outcome', 'ROOM_FULL');
        END IF;
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
      r := chat.give_way(
        r, least(r.anonymous_count - chat.anonymous_places(r, p_share), 250), 'GAVE_WAY', p_online, true);
    END IF;
  END IF;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change(
    CASE WHEN p_committed THEN 'committed' ELSE 'uncommitted' END, r, since, chat.participant_json(m, false));
END $$;

-- Removes as many guests as places are needed: first those without an account who are not online, then others who are
-- not online, then the newest; of equal ones the newest. Who is online the caller says. `p_anonymous`: only guests
-- without an account. Returns the room with its counters moved, which the caller writes; there may be too few guests.
-- The caller holds the lock of the room.
CREATE OR REPLACE FUNCTION chat.give_way(
  r chat.rooms, p_places BIGINT, p_reason TEXT, p_online TEXT[], p_anonymous BOOLEAN
) RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  chosen TEXT[];
BEGIN
  IF p_places <= 0 THEN RETURN r; END IF;
  SELECT array_agg(c.user_id ORDER BY c.turn, c.joined_seq DESC) INTO chosen FROM (
    SELECT g.user_id, g.joined_seq, g.turn FROM (
      SELECT m.user_id, m.joined_seq, CASE
        WHEN m.user_id IN (SELECT unnest(p_online)) THEN 3
        WHEN m.anonymous THEN 1
        ELSE 2 END AS turn
      FROM chat.members m
      WHERE m.room_id = r.room_id AND NOT m.host AND NOT m.committed AND (m.anonymous OR NOT p_anonymous)
    ) g ORDER BY g.turn, g.joined_seq DESC LIMIT p_places) c;
  IF chosen IS NULL THEN RETURN r; END IF;
  -- In the order of all who lock several members: see lock_members.
  PERFORM 1 FROM chat.members WHERE room_id = r.room_id AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
  RETURN chat.end_memberships(r, chosen, 'participant.removed', p_reason);
END $$;

-- Removes guests beyond a cap that was lowered, at most `p_limit` of them: those without an account beyond their share,
-- then whoever gives way. Returns the room with its counters moved, and marked `clearing` as long as there are more, which
-- the caller writes. A CLOSED room loses all its guests anyway: `clear_guests`. The caller holds the lock of the room.
CREATE OR REPLACE FUNCTION chat.give_way_to_cap(r chat.rooms, p_share NUMERIC, p_online TEXT[], p_limit INTEGER)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  since BIGINT := r.last_seq;
BEGIN
  IF r.status = 'ACTIVE' THEN
    r := chat.give_way(
      r, least(r.anonymous_count - chat.anonymous_places(r, p_share), p_limit), 'CAP_LOWERED', p_online, true);
  END IF;
  r := chat.give_way(
    r, least(r.participant_count - r.max_participants, p_limit - (r.last_seq - since)), 'CAP_LOWERED', p_online, false);
  r.clearing := r.last_seq - since >= p_limit AND (r.participant_count > r.max_participants
    OR r.status = 'ACTIVE' AND r.anonymous_count > chat.anonymous_places(r, p_share));
  RETURN r;
END $$;

-- A user becomes a member: who knows the room already stays, a guest needs a place, and a buyer who had left comes
-- back, for whom a guest gives way. In the lobby, the room without a product, there are no members.
-- Outcomes: joined, already, NOT_FOUND, ROOM_NOT_ACTIVE, ROOM_FULL, RATE_LIMITED (`waitMs`; `removed` where the host or
-- the service removed him), PLACE_NEEDED (with null as `p_online_users`: call again with who is online).
-- The parameters with defaults are unknown to the first version: it says nothing of accounts, and knows no lobby
-- without members and no RATE_LIMITED.
CREATE OR REPLACE FUNCTION chat.join_room(
  p_room TEXT, p_user TEXT, p_nickname TEXT, p_tag TEXT, p_online BOOLEAN, p_anonymous BOOLEAN DEFAULT NULL,
  p_visitor BOOLEAN DEFAULT false, p_share NUMERIC DEFAULT NULL, p_online_users TEXT[] DEFAULT '{}'
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
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
  IF anonymous AND NOT known AND r.anonymous_count >= chat.anonymous_places(r, p_share) THEN
    RETURN jsonb_build_object('outcome', 'ROOM_FULL');
  END IF;
  IF r.participant_count >= r.max_participants THEN
    IF NOT known THEN RETURN jsonb_build_object('outcome', 'ROOM_FULL'); END IF;
    IF p_online_users IS NULL THEN RETURN jsonb_build_object('outcome', 'PLACE_NEEDED'); END IF;
    r := chat.give_way(r, 1, 'GAVE_WAY', p_online_users, false);
    -- While guests beyond a lowered cap are still to go, one of them went for him.
    IF r.participant_count >= r.max_participants AND NOT r.clearing THEN
      RETURN jsonb_build_object('outcome', 'ROOM_FULL');
    END IF;
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

-- Title, cap, minimum, deadline. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: a first portion at once, the others by `clear_guests`, until when the room is marked
-- `clearing`. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first version has six parameters.
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
  portion CONSTANT INTEGER := 250;
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
  -- Also one that comes back, or whose cap rises, while guests had still to go.
  IF r.status <> 'CLOSED' AND (r.max_participants < before.max_participants OR r.status <> before.status
    OR before.clearing AND r.max_participants > before.max_participants) THEN
    IF p_online IS NULL AND (r.participant_count > r.max_participants
      OR r.status = 'ACTIVE' AND r.anonymous_count > chat.anonymous_places(r, p_share)) THEN
      RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
    END IF;
    r := chat.give_way_to_cap(r, p_share, p_online, portion);
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

-- A cap holds from the commit that lowers it: nobody comes in above it. Those beyond it go in portions. NOT VALID: every row
-- has met the narrower one, and the table is not read while it is locked.
ALTER TABLE chat.rooms DROP CONSTRAINT rooms_cap_held;
ALTER TABLE chat.rooms ADD CONSTRAINT rooms_cap_held
  CHECK (participant_count >= 0 AND (participant_count <= max_participants OR clearing OR status <> 'ACTIVE')) NOT VALID;

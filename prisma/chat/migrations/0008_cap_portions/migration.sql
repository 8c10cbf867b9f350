DROP FUNCTION chat.patch_room(text,text,integer,integer,boolean,timestamp with time zone,numeric,text[]);

-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "cap_target" INTEGER;

-- Moves the cap to the one that is wanted, or as near to it as those leave it who still have a place: it is never below
-- their number, nor below what the share of those without an account asks for. Returns the room, which the caller writes.
CREATE OR REPLACE FUNCTION chat.approach_cap(r chat.rooms, p_share NUMERIC) RETURNS chat.rooms
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  needed NUMERIC := r.participant_count;
  share CONSTANT NUMERIC := coalesce(p_share, 1);
BEGIN
  IF r.cap_target IS NULL THEN RETURN r; END IF;
  IF r.status = 'ACTIVE' AND r.anonymous_count > floor(share * r.cap_target) THEN
    needed := greatest(needed, CASE WHEN share > 0 THEN ceil(r.anonymous_count / share) ELSE r.max_participants END);
  END IF;
  r.max_participants := greatest(r.cap_target, least(r.max_participants, needed));
  r.cap_target := nullif(r.cap_target, r.max_participants);
  RETURN r;
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

-- Ends a room whose row the caller has locked. Guests who did not buy leave a CLOSED room, each with his own row; those
-- beyond a first portion are taken by `clear_guests`, until when the room is marked `clearing`. A cap that was being lowered
-- stays where it is, unless the room comes back.
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
  IF NOT p_provisional THEN r.cap_target := NULL; END IF;
  r.closed_at := coalesce(r.closed_at, clock_timestamp());
  r.last_seq := chat.add_system(r, CASE p_status WHEN 'CLOSED' THEN 'room.closed' ELSE 'room.cancelled' END,
    'The room was ' || lower(p_status), jsonb_build_object('room', chat.room_json(r)));
  IF p_status = 'CLOSED' THEN r := chat.remove_guests(r, portion, 'NOT_A_BUYER'); END IF;
  r.clearing := present - r.participant_count >= portion;
  UPDATE chat.rooms SET status = r.status, reason = r.reason, provisional = r.provisional, closed_at = r.closed_at,
    participant_count = r.participant_count, anonymous_count = r.anonymous_count,
    last_seq = r.last_seq, clearing = r.clearing, cap_target = r.cap_target
  WHERE room_id = r.room_id;
  RETURN r;
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
  -- Those alone, in the order of all who lock several members: see lock_members.
  PERFORM 1 FROM chat.members WHERE room_id = r.room_id AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
  RETURN chat.end_memberships(r, chosen, 'participant.removed', p_reason);
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

-- Goes on lowering a cap: of the listed, those guests go who are beyond the one that is wanted, in the order of the list,
-- and the cap follows. `p_anonymous`: beyond the share of guests without an account, and such guests only. Outcomes: same
-- (nothing is being lowered), changed (more are to go; `beyond`: of them, those beyond the share), lowered (that was all),
-- NOT_FOUND.
CREATE OR REPLACE FUNCTION chat.lower_portion(p_room TEXT, p_share NUMERIC, p_guests TEXT[], p_anonymous BOOLEAN)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  goal chat.rooms;
  before INTEGER;
  since BIGINT;
  places BIGINT;
  chosen TEXT[];
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.cap_target IS NULL OR r.status <> 'ACTIVE' THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  goal := r;
  goal.max_participants := r.cap_target;
  places := CASE WHEN p_anonymous THEN r.anonymous_count - chat.anonymous_places(goal, p_share)
    ELSE r.participant_count - r.cap_target END;
  IF places > 0 THEN
    -- One who left or bought since the list was made is not touched.
    SELECT array_agg(c.user_id ORDER BY c.n) INTO chosen FROM (
      SELECT m.user_id, l.n FROM unnest(p_guests) WITH ORDINALITY l (user_id, n)
      CROSS JOIN LATERAL (
        SELECT m.user_id FROM chat.members m
        WHERE m.room_id = p_room AND m.user_id = l.user_id
          AND NOT m.host AND NOT m.committed AND (m.anonymous OR NOT p_anonymous)
        OFFSET 0
      ) m
      ORDER BY l.n LIMIT places) c;
  END IF;
  IF chosen IS NOT NULL THEN
    -- In the order of all who lock several members: see lock_members.
    PERFORM 1 FROM chat.members WHERE room_id = p_room AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
    r := chat.end_memberships(r, chosen, 'participant.removed', 'CAP_LOWERED');
  END IF;
  before := r.max_participants;
  r := chat.approach_cap(r, p_share);
  IF r.max_participants <> before THEN
    r.last_seq :=
      chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  END IF;
  UPDATE chat.rooms SET max_participants = r.max_participants, cap_target = r.cap_target, last_seq = r.last_seq,
    participant_count = r.participant_count, anonymous_count = r.anonymous_count
  WHERE room_id = p_room;
  RETURN chat.room_change(CASE WHEN r.cap_target IS NULL THEN 'lowered' ELSE 'changed' END, r, since, NULL)
    || jsonb_build_object('beyond', greatest(0, r.anonymous_count - chat.anonymous_places(goal, p_share)));
END $$;

-- Title, cap, minimum, deadline. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: those without an account beyond their share of it, then whoever gives way, `p_portion` of
-- them. Where that is not all, the wanted cap is kept in `cap_target`, and the cap itself goes down as far as it can, and
-- further with each `lower_portion`. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first
-- version has six parameters.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ,
  p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT '{}', p_portion INTEGER DEFAULT 250
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
  IF r = before THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
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
    anonymous_count = r.anonymous_count, clearing = r.clearing, cap_target = r.cap_target
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

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
      UPDATE chat.rooms SET provisional = false, reason = r.reason, last_seq = r.last_seq, cap_target = NULL
      WHERE room_id = p_room;
    END IF;
    RETURN chat.room_change('same', r, since, NULL);
  END IF;
  IF p_status = 'ACTIVE' OR (r.status <> 'ACTIVE' AND NOT r.provisional) THEN
    RETURN chat.room_change('illegal', r, since, NULL) || jsonb_build_object('provisional', r.provisional);
  END IF;
  r := chat.end_room(r, p_status, p_reason, false);
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

ALTER TABLE "rooms" ADD CONSTRAINT "rooms_cap_target_lower"
  CHECK ("cap_target" IS NULL OR "cap_target" BETWEEN "committed_count" AND "max_participants" - 1);
-- Few rooms at a time: an index of its own, so that the job does not read all of them.
CREATE INDEX "rooms_lowering_idx" ON "rooms" ("room_id") WHERE "cap_target" IS NOT NULL;

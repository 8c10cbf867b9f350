DROP FUNCTION chat.note_departure(text,text,timestamp with time zone,integer);

-- AlterTable
ALTER TABLE "departures" ADD COLUMN     "last_sent_at" TIMESTAMPTZ(3);

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
      INSERT INTO chat.members (room_id, user_id, nickname, joined_seq, last_read_seq, last_read_chat_no, anonymous,
        last_sent_at)
      VALUES (p_room, p_user, p_nickname, r.last_seq + 1, r.last_seq, r.last_chat_no, chat.is_anonymous(p_user),
        (SELECT d.last_sent_at FROM chat.departures d WHERE d.room_id = p_room AND d.user_id = p_user))
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
      PERFORM chat.note_departure(p_room, p_user, NULL, NULL, m.last_sent_at);
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

-- Ends the memberships of guests, in the order of the list, each with its own row, as `event` says. Returns the room
-- with its counters moved, which the caller writes. The caller holds the locks of the room and of its members.
CREATE OR REPLACE FUNCTION chat.end_memberships(r chat.rooms, p_users TEXT[], p_event TEXT, p_reason TEXT)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  ended BIGINT;
  anonymous BIGINT;
BEGIN
  -- Who comes back waits as he would have: what he said is too recent for slow mode, however his membership ended.
  PERFORM chat.note_departure(m.room_id, m.user_id, NULL, NULL, m.last_sent_at) FROM chat.members m
  WHERE m.room_id = r.room_id AND m.user_id = ANY (p_users) AND m.last_sent_at > clock_timestamp() - interval '1 hour';
  WITH listed AS MATERIALIZED (
    SELECT l.user_id, l.n FROM unnest(p_users) WITH ORDINALITY l (user_id, n)
  ), gone AS (
    DELETE FROM chat.members m USING listed l WHERE m.room_id = r.room_id AND m.user_id = l.user_id
    RETURNING m, l.n
  ), told AS (
    -- Each row counts down by one, so that the counters are those of the members at every step of the sequence.
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
    SELECT r.room_id, r.last_seq + n, r.last_chat_no, 'SYSTEM',
      (m).nickname || CASE p_event WHEN 'participant.left' THEN ' left' ELSE ' was removed' END,
      jsonb_build_object('event', p_event) || jsonb_strip_nulls(jsonb_build_object('reason', p_reason)) ||
        jsonb_build_object('participant', chat.participant_json(m, false),
          'participantCount', r.participant_count - n, 'committedCount', r.committed_count),
      clock_timestamp()
    FROM gone RETURNING 1
  )
  SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM gone WHERE (m).anonymous) INTO ended, anonymous;
  r.participant_count := r.participant_count - ended;
  r.anonymous_count := r.anonymous_count - anonymous;
  r.last_seq := r.last_seq + ended;
  RETURN r;
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
    seen_at, last_sent_at)
  VALUES (p_room, p_user, p_nickname, p_tag, r.last_seq + 1, r.last_seq, r.last_chat_no, anonymous,
    CASE WHEN p_visitor THEN clock_timestamp() END, d.last_sent_at)
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

-- Ends a membership: by the member (participant.left), or by the host or the service (participant.removed), after which
-- he stays out for `p_pause_s`; `p_by` did it, null is the service. Outcomes: left, absent, NOT_FOUND, FORBIDDEN, ROOM_READ_ONLY, and for a member who asks
-- himself RATE_LIMITED (`waitMs`). The first version has four parameters and knows no RATE_LIMITED.
CREATE OR REPLACE FUNCTION chat.leave_room(
  p_room TEXT, p_user TEXT, p_event TEXT, p_reason TEXT, p_pause_s INTEGER DEFAULT 600, p_limited BOOLEAN DEFAULT false,
  p_by TEXT DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  since BIGINT;
  wait_ms INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user AND chat.is_present(left_at);
  IF NOT FOUND THEN RETURN chat.room_change('absent', r, since, NULL); END IF;
  IF m.host THEN RETURN jsonb_build_object('outcome', 'FORBIDDEN'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF p_limited THEN
    wait_ms := chat.change_wait_ms(
      (SELECT d.changes FROM chat.departures d WHERE d.room_id = p_room AND d.user_id = p_user), m.joined_at);
    IF wait_ms > 0 THEN RETURN jsonb_build_object('outcome', 'RATE_LIMITED', 'waitMs', wait_ms); END IF;
  END IF;
  IF m.committed THEN
    UPDATE chat.members SET left_at = clock_timestamp() WHERE room_id = p_room AND user_id = p_user;
  ELSE
    DELETE FROM chat.members WHERE room_id = p_room AND user_id = p_user;
    IF m.anonymous THEN r.anonymous_count := r.anonymous_count - 1; END IF;
  END IF;
  PERFORM chat.note_departure(p_room, p_user, m.joined_at,
    CASE p_event WHEN 'participant.removed' THEN p_pause_s END, m.last_sent_at);
  IF p_event = 'participant.removed' THEN
    PERFORM chat.note_moderation(p_event, p_room, p_user, p_by, '{}');
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

-- Remembers that a membership ended, and when it began: joins look here, so that they need not write anything.
-- `p_joined`: null where it does not count among the changes of memberships. `p_pause_s`: for how long the user stays out;
-- null where he may come back at once. `p_last_sent`: when he last said something, kept for as long as slow mode may ask for it.
CREATE OR REPLACE FUNCTION chat.note_departure(
  p_room TEXT, p_user TEXT, p_joined TIMESTAMPTZ, p_pause_s INTEGER, p_last_sent TIMESTAMPTZ DEFAULT NULL
) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  stamp TIMESTAMPTZ(3) := clock_timestamp();
  until TIMESTAMPTZ(3) := stamp + p_pause_s * interval '1 second';
BEGIN
  INSERT INTO chat.departures AS d (room_id, user_id, changes, rejoin_at, last_sent_at, expires_at)
  VALUES (p_room, p_user, CASE WHEN p_joined IS NULL THEN '{}' ELSE ARRAY[p_joined, stamp] END, until, p_last_sent,
    -- An hour: the longest slow mode.
    greatest(until, stamp + interval '1 minute', p_last_sent + interval '1 hour'))
  ON CONFLICT (room_id, user_id) DO UPDATE SET
    changes = ARRAY(SELECT t FROM unnest(d.changes || excluded.changes) t WHERE t > stamp - interval '1 minute'),
    rejoin_at = coalesce(excluded.rejoin_at, d.rejoin_at),
    last_sent_at = greatest(excluded.last_sent_at, d.last_sent_at),
    expires_at = greatest(excluded.expires_at, d.expires_at);
END $$;

-- AlterTable
ALTER TABLE "members" ADD COLUMN     "told_read_chat_no" BIGINT;

-- CreateTable
CREATE TABLE "webhooks" (
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "old_secret" TEXT,
    "old_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_events" (
    "id" BIGSERIAL NOT NULL,
    "room_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "report_id" BIGINT,
    "user_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "fanned" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" BIGSERIAL NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "event_id" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "room_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_tried_at" TIMESTAMPTZ(3),
    "tried_at" TIMESTAMPTZ(3),
    "next_at" TIMESTAMPTZ(3),
    "answer" INTEGER,
    "error" TEXT,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_lanes" (
    "webhook_id" TEXT NOT NULL,
    "room_id" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "claim" UUID,

    CONSTRAINT "webhook_lanes_pkey" PRIMARY KEY ("webhook_id","room_id")
);

-- CreateIndex
CREATE INDEX "webhooks_created_at_id_idx" ON "webhooks"("created_at", "id");

-- CreateIndex
CREATE INDEX "webhook_events_at_idx" ON "webhook_events"("at");

-- CreateIndex
CREATE INDEX "webhook_events_room_id_idx" ON "webhook_events"("room_id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_webhook_id_id_idx" ON "webhook_deliveries"("webhook_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_event_id_webhook_id_type_key" ON "webhook_deliveries"("event_id", "webhook_id", "type");

-- CreateIndex
CREATE INDEX "webhook_lanes_due_at_idx" ON "webhook_lanes"("due_at");

-- Of some rooms, those where webhooks have to be told of somebody who has not read: see `record_absent`.
CREATE OR REPLACE FUNCTION chat.absent_rooms(p_rooms TEXT[], p_after_s INTEGER) RETURNS SETOF TEXT
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT chat.wants_event('member.absent') THEN RETURN; END IF;
  RETURN QUERY
  SELECT o.id FROM unnest(p_rooms) o (id) CROSS JOIN LATERAL chat.old_chat_no(o.id, p_after_s) n (old)
  WHERE EXISTS (SELECT FROM chat.members b WHERE b.room_id = o.id AND chat.is_absent(b, n.old));
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
  -- Who has not read in it is nobody's matter any more; reports outlive it, and so do their events.
  UPDATE chat.webhook_events e SET user_ids = '{}' WHERE e.room_id = p_room AND e.user_ids <> '{}';
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
  UPDATE chat.webhook_events o SET user_ids = array_remove(o.user_ids, e.user_id)
  WHERE o.room_id = p_room AND o.user_ids @> ARRAY[e.user_id];
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

-- The newest message of a room that is `p_after_s` seconds old, as a `chat_no`; null: there is none.
CREATE OR REPLACE FUNCTION chat.old_chat_no(p_room TEXT, p_after_s INTEGER) RETURNS BIGINT
LANGUAGE sql STABLE AS $$
  -- From the newest back: what is younger is passed over, and not more.
  SELECT m.chat_no FROM chat.messages m
  WHERE m.room_id = p_room AND m.created_at <= clock_timestamp() - p_after_s * interval '1 second'
  ORDER BY m.seq DESC LIMIT 1
$$;

-- Notes that buyers and the host of a room have not read what is `p_after_s` old, where a webhook wants to hear it: one event with
-- up to `p_limit` of those who were not told of since they read last. Returns how many.
CREATE OR REPLACE FUNCTION chat.record_absent(p_room TEXT, p_after_s INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  v_old BIGINT;
  v_ids TEXT[];
BEGIN
  IF NOT chat.wants_event('member.absent') THEN RETURN 0; END IF;
  -- Ids of a room's events follow the order of commits.
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  v_old := chat.old_chat_no(p_room, p_after_s);
  WITH due AS MATERIALIZED (
    SELECT b.user_id FROM chat.members b
    WHERE b.room_id = p_room AND chat.is_absent(b, v_old)
    ORDER BY b.user_id LIMIT p_limit FOR NO KEY UPDATE OF b
  ), told AS (
    UPDATE chat.members b SET told_read_chat_no = b.last_read_chat_no
    FROM due WHERE b.room_id = p_room AND b.user_id = due.user_id AND chat.is_absent(b, v_old)
    RETURNING b.user_id
  )
  SELECT array_agg(t.user_id ORDER BY t.user_id) INTO v_ids FROM told t;
  IF v_ids IS NULL THEN RETURN 0; END IF;
  INSERT INTO chat.webhook_events (room_id, type, user_ids, data)
  VALUES (p_room, 'member.absent', v_ids, jsonb_build_object('productId', r.product_id, 'title', r.title));
  RETURN cardinality(v_ids);
END $$;

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
  IF chat.wants_event('report.created') THEN
    -- No text, and nobody's id: who reported whom is read from the report, as long as there is one.
    INSERT INTO chat.webhook_events (room_id, type, report_id, data)
    VALUES (p_room, 'report.created', p.report_id, jsonb_build_object('reportId', p.report_id::TEXT, 'productId', r.product_id,
      'seq', p_seq, 'reason', p_reason, 'createdAt', chat.iso(p.created_at)));
  END IF;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
END $$;

-- Whether there is a webhook that wants to hear of events of a type, also one that is disabled.
CREATE OR REPLACE FUNCTION chat.wants_event(p_type TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM chat.webhooks h WHERE cardinality(h.events) = 0 OR p_type = ANY (h.events));

-- Claims what is due: of a lane, which is an endpoint and a room, the oldest delivery; and deliveries that were set aside.
-- `p_each`: of one endpoint at most. `p_busy`: endpoints that have as many under way as they may. A claim that is not settled ends with its lease.
CREATE OR REPLACE FUNCTION chat.webhook_claim(p_claim uuid, p_limit integer, p_each integer, p_lease_ms integer, p_busy text[])
RETURNS TABLE (delivery jsonb, event jsonb, webhook jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_until timestamptz := v_now + p_lease_ms * interval '1 millisecond';
  v_ids bigint[];
  v_aside bigint[];
BEGIN
  WITH ranked AS (
    SELECT l.webhook_id, l.room_id, row_number() OVER (PARTITION BY l.webhook_id ORDER BY l.due_at) AS n
    FROM chat.webhook_lanes l JOIN chat.webhooks h ON h.id = l.webhook_id AND h.disabled_at IS NULL
    WHERE l.due_at <= v_now AND NOT l.webhook_id = ANY (p_busy)
  ), due AS (
    SELECT l.webhook_id, l.room_id FROM ranked r
    JOIN chat.webhook_lanes l ON l.webhook_id = r.webhook_id AND l.room_id = r.room_id
    WHERE r.n <= p_each AND l.due_at <= v_now
    ORDER BY l.due_at LIMIT p_limit FOR UPDATE OF l SKIP LOCKED
  ), claimed AS (
    UPDATE chat.webhook_lanes l SET claim = p_claim, due_at = v_until
    FROM due WHERE l.webhook_id = due.webhook_id AND l.room_id = due.room_id
    RETURNING l.webhook_id, l.room_id
  )
  SELECT array_agg(head.id) INTO v_ids FROM claimed c
  CROSS JOIN LATERAL (
    SELECT d.id FROM chat.webhook_deliveries d
    WHERE d.webhook_id = c.webhook_id AND d.room_id = c.room_id AND d.status = 'pending'
    ORDER BY d.id LIMIT 1) head;
  -- Of lanes whose deliveries were kept long enough, nothing is left.
  DELETE FROM chat.webhook_lanes l WHERE l.claim = p_claim AND NOT EXISTS (
    SELECT 1 FROM chat.webhook_deliveries d
    WHERE d.webhook_id = l.webhook_id AND d.room_id = l.room_id AND d.status = 'pending');
  WITH due AS (
    SELECT d.id FROM chat.webhook_deliveries d
    JOIN chat.webhooks h ON h.id = d.webhook_id AND h.disabled_at IS NULL
    WHERE d.status = 'failed' AND d.next_at <= v_now AND NOT d.webhook_id = ANY (p_busy)
    ORDER BY d.next_at LIMIT p_each FOR UPDATE OF d SKIP LOCKED
  ), claimed AS (
    UPDATE chat.webhook_deliveries d SET next_at = v_until FROM due WHERE d.id = due.id RETURNING d.id
  )
  SELECT array_agg(c.id) INTO v_aside FROM claimed c;
  RETURN QUERY
    SELECT to_jsonb(d),
      -- Of a report that is no more, and of who was erased, nobody is told.
      to_jsonb(e) || jsonb_build_object('reporter_id', q.reporter_id, 'sender_id', q.message #>> '{sender,userId}'),
      to_jsonb(h) || jsonb_build_object('old_signs', h.old_until > v_now) FROM chat.webhook_deliveries d
    JOIN chat.webhook_events e ON e.id = d.event_id
    JOIN chat.webhooks h ON h.id = d.webhook_id
    LEFT JOIN chat.reports q ON q.report_id = e.report_id
    WHERE d.id = ANY (coalesce(v_ids, '{}') || coalesce(v_aside, '{}')) ORDER BY d.id;
END $$;

-- A new endpoint; null: there are `p_max` already (null: any number). One at a time, so that the number is exact.
CREATE OR REPLACE FUNCTION chat.webhook_create(
  p_webhook text, p_url text, p_events text[], p_description text, p_secret text, p_max integer
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_made chat.webhooks;
BEGIN
  IF p_max IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('gongu chat webhooks', 0));
    IF (SELECT count(*) FROM chat.webhooks) >= p_max THEN
      RETURN NULL;
    END IF;
  END IF;
  INSERT INTO chat.webhooks (id, url, events, description, secret)
  VALUES (p_webhook, p_url, p_events, p_description, p_secret)
  RETURNING * INTO v_made;
  RETURN to_jsonb(v_made);
END $$;

-- Hands up to `p_limit` events to the endpoints that want them, and says how many events those were. One at a time: an event of
-- a room must not be overtaken by the next. Endpoints that are disabled get theirs too, and wait with them.
CREATE OR REPLACE FUNCTION chat.webhook_fan_out(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
  v_now timestamptz := clock_timestamp();
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('chat.webhook_fan_out')) THEN
    RETURN 0;
  END IF;
  SELECT array_agg(e.id) INTO v_ids
  FROM (SELECT id FROM chat.webhook_events WHERE NOT fanned ORDER BY id LIMIT p_limit) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  INSERT INTO chat.webhook_deliveries (webhook_id, event_id, type, room_id)
  SELECT h.id, e.id, e.type, e.room_id FROM chat.webhook_events e
  JOIN chat.webhooks h ON e.at >= h.created_at AND (cardinality(h.events) = 0 OR e.type = ANY (h.events))
  WHERE e.id = ANY (v_ids)
  -- Deliveries go by their ids.
  ORDER BY e.id, h.id;
  -- An update, never DO NOTHING: it waits for a delivery that is about to remove the row. In one order, as all lock them.
  INSERT INTO chat.webhook_lanes (webhook_id, room_id, due_at)
  -- One moment for all: with one of its own each row would differ from the others.
  SELECT DISTINCT d.webhook_id, d.room_id, v_now FROM chat.webhook_deliveries d
  WHERE d.event_id = ANY (v_ids) ORDER BY 1, 2
  ON CONFLICT (webhook_id, room_id) DO UPDATE SET due_at = chat.webhook_lanes.due_at;
  UPDATE chat.webhook_events SET fanned = true WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Removes deliveries of events older than `p_keep_ms`, up to `p_limit` events, and the events. Says how many events.
CREATE OR REPLACE FUNCTION chat.webhook_purge(p_keep_ms bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_ids bigint[];
BEGIN
  -- An endpoint may have been removed while an event was handed to it.
  DELETE FROM chat.webhook_lanes l WHERE (l.webhook_id, l.room_id) IN (
    SELECT o.webhook_id, o.room_id FROM chat.webhook_lanes o
    WHERE NOT EXISTS (SELECT 1 FROM chat.webhooks h WHERE h.id = o.webhook_id) FOR UPDATE SKIP LOCKED);
  SELECT array_agg(e.id) INTO v_ids FROM (
    SELECT id FROM chat.webhook_events WHERE at < clock_timestamp() - p_keep_ms * interval '1 millisecond'
    ORDER BY at LIMIT p_limit FOR UPDATE SKIP LOCKED) e;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM chat.webhook_deliveries d WHERE d.event_id = ANY (v_ids);
  DELETE FROM chat.webhook_events e WHERE e.id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- Delivers again what failed, or one delivery whatever became of it: at once, beside what waits in its lane.
-- How many.
CREATE OR REPLACE FUNCTION chat.webhook_redeliver(p_webhook text, p_id bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
BEGIN
  UPDATE chat.webhook_deliveries d SET status = 'failed', next_at = clock_timestamp(), first_tried_at = clock_timestamp()
  WHERE d.webhook_id = p_webhook AND d.status <> 'pending' AND (d.id = p_id OR (p_id IS NULL AND d.status = 'failed'));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Removes an endpoint and what it had still to be told. False: there was none.
CREATE OR REPLACE FUNCTION chat.webhook_remove(p_webhook text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Lanes first and in one order, as all lock them.
  PERFORM 1 FROM chat.webhook_lanes l WHERE l.webhook_id = p_webhook ORDER BY l.room_id FOR UPDATE;
  DELETE FROM chat.webhook_lanes l WHERE l.webhook_id = p_webhook;
  DELETE FROM chat.webhook_deliveries d WHERE d.webhook_id = p_webhook;
  DELETE FROM chat.webhooks h WHERE h.id = p_webhook;
  RETURN FOUND;
END $$;

-- What became of an attempt. `p_outcome`: delivered; retry, in `p_delay_ms`; gone (the endpoint wants nothing any more). A
-- delivery that has blocked its lane for an hour is set aside, and one that was tried for three days is given up.
-- False: the claim was lost, and whoever has it now tells.
CREATE OR REPLACE FUNCTION chat.webhook_settle(
  p_id bigint, p_claim uuid, p_outcome text, p_answer integer, p_error text, p_delay_ms bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_delivery chat.webhook_deliveries;
  v_now timestamptz := clock_timestamp();
  v_aside boolean;
BEGIN
  SELECT * INTO v_delivery FROM chat.webhook_deliveries d WHERE d.id = p_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF v_delivery.status = 'pending' THEN
    PERFORM 1 FROM chat.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id AND l.claim = p_claim FOR UPDATE;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  UPDATE chat.webhook_deliveries d SET
    attempts = d.attempts + 1, tried_at = v_now, first_tried_at = coalesce(d.first_tried_at, v_now), answer = p_answer,
    error = p_error,
    status = CASE
      WHEN p_outcome = 'delivered' THEN 'delivered'
      WHEN d.status = 'pending' AND p_outcome = 'retry' AND d.first_tried_at <= v_now - interval '1 hour' THEN 'failed'
      ELSE d.status END,
    next_at = CASE
      -- It goes on once the endpoint is enabled again.
      WHEN p_outcome = 'gone' AND d.status = 'failed' THEN v_now
      WHEN p_outcome = 'retry' AND (d.status = 'failed' OR d.first_tried_at <= v_now - interval '1 hour')
        AND coalesce(d.first_tried_at, v_now) > v_now - interval '3 days' THEN v_now + p_delay_ms * interval '1 millisecond' END
  WHERE d.id = p_id RETURNING d.status = 'pending' INTO v_aside;
  IF p_outcome = 'gone' THEN
    UPDATE chat.webhooks h SET disabled_at = v_now, disabled_reason = 'GONE'
    WHERE h.id = v_delivery.webhook_id AND h.disabled_at IS NULL;
  END IF;
  IF v_delivery.status <> 'pending' THEN
    RETURN true;
  END IF;
  IF v_aside THEN
    UPDATE chat.webhook_lanes l SET claim = NULL, due_at = v_now + p_delay_ms * interval '1 millisecond'
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  ELSIF EXISTS (SELECT 1 FROM chat.webhook_deliveries d WHERE d.webhook_id = v_delivery.webhook_id
    AND d.room_id = v_delivery.room_id AND d.status = 'pending') THEN
    UPDATE chat.webhook_lanes l SET claim = NULL, due_at = v_now
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  ELSE
    DELETE FROM chat.webhook_lanes l
    WHERE l.webhook_id = v_delivery.webhook_id AND l.room_id = v_delivery.room_id;
  END IF;
  RETURN true;
END $$;

-- Whether webhooks are to hear that a member has not read a message: a buyer or the host who is there, and of whom they were not told
-- since he read last. `p_old`: the newest message that is old enough, as a `chat_no`; null: there is none.
CREATE OR REPLACE FUNCTION chat.is_absent(b chat.members, p_old BIGINT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
  RETURN (b.host OR b.committed) AND chat.is_present(b.left_at) AND b.last_read_chat_no < p_old
    AND (b.told_read_chat_no IS NULL OR b.told_read_chat_no < b.last_read_chat_no);

-- What the functions above promise.
ALTER TABLE chat.webhook_deliveries ADD CONSTRAINT webhook_deliveries_status CHECK (
  status IN ('pending', 'delivered', 'failed') AND attempts >= 0);
ALTER TABLE chat.webhooks ADD CONSTRAINT webhooks_disabled CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL));
ALTER TABLE chat.webhook_events ADD CONSTRAINT webhook_events_type CHECK (type IN ('report.created', 'member.absent'));

CREATE INDEX webhook_events_fresh ON chat.webhook_events (id) WHERE NOT fanned;
CREATE INDEX webhook_deliveries_pending ON chat.webhook_deliveries (webhook_id, room_id, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_again ON chat.webhook_deliveries (next_at) WHERE status = 'failed' AND next_at IS NOT NULL;

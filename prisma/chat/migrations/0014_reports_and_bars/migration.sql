DROP FUNCTION chat.leave_room(text,text,text,text,integer,boolean);

-- CreateTable
CREATE TABLE "bars" (
    "user_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL,
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "until" TIMESTAMPTZ(3),
    "reason" TEXT,
    "revoked_at" BIGINT,
    "by_user_id" TEXT,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "bars_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "reports" (
    "report_id" BIGSERIAL NOT NULL,
    "room_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "reporter_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "note" TEXT,
    "status" TEXT NOT NULL DEFAULT 'OPEN',
    "message" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,
    "resolution" TEXT,

    CONSTRAINT "reports_pkey" PRIMARY KEY ("report_id")
);

-- CreateTable
CREATE TABLE "moderations" (
    "id" BIGSERIAL NOT NULL,
    "act" TEXT NOT NULL,
    "room_id" TEXT,
    "user_id" TEXT,
    "by_user_id" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "moderations_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "bars_version_idx" ON "bars"("version");

-- CreateIndex
CREATE INDEX "reports_status_report_id_idx" ON "reports"("status", "report_id");

-- CreateIndex
CREATE INDEX "reports_ended_at_idx" ON "reports"("ended_at");

-- CreateIndex
CREATE UNIQUE INDEX "reports_room_id_seq_reporter_id_key" ON "reports"("room_id", "seq", "reporter_id");

-- CreateIndex
CREATE INDEX "moderations_user_id_id_idx" ON "moderations"("user_id", "id");

-- CreateIndex
CREATE INDEX "moderations_room_id_id_idx" ON "moderations"("room_id", "id");

ALTER TABLE "reports" ADD CONSTRAINT "reports_status_known" CHECK ("status" IN ('OPEN', 'RESOLVED', 'DISMISSED'));
ALTER TABLE "reports" ADD CONSTRAINT "reports_ended_at" CHECK (("status" = 'OPEN') = ("ended_at" IS NULL));

-- Refuses a user's tokens, or takes that away. `p_act`: block, unblock, revoke (those issued up to this second), unrevoke.
-- Outcomes: changed, UNTIL_PASSED.
CREATE OR REPLACE FUNCTION chat.bar_user(p_user TEXT, p_act TEXT, p_until TIMESTAMPTZ, p_reason TEXT, p_by TEXT)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  b chat.bars;
  v BIGINT;
BEGIN
  IF p_until <= clock_timestamp() THEN RETURN jsonb_build_object('outcome', 'UNTIL_PASSED'); END IF;
  -- One after the other, and in the order of versions: who reads what is newer than one of them misses none.
  LOCK TABLE chat.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM chat.bars o), 0) + 1;
  -- Every instance has heard of these.
  DELETE FROM chat.bars o WHERE o.revoked_at IS NULL AND o.changed_at < clock_timestamp() - interval '1 day'
    AND (NOT o.blocked OR o.until < clock_timestamp() - interval '1 day');
  INSERT INTO chat.bars AS o (user_id, version) VALUES (p_user, v)
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp();
  UPDATE chat.bars o SET by_user_id = p_by,
    blocked = CASE p_act WHEN 'block' THEN true WHEN 'unblock' THEN false ELSE o.blocked END,
    until = CASE p_act WHEN 'block' THEN p_until WHEN 'unblock' THEN NULL ELSE o.until END,
    reason = CASE p_act WHEN 'block' THEN p_reason WHEN 'unblock' THEN NULL ELSE o.reason END,
    revoked_at = CASE p_act WHEN 'revoke' THEN floor(extract(epoch FROM clock_timestamp()))::BIGINT
      WHEN 'unrevoke' THEN NULL ELSE o.revoked_at END
  WHERE o.user_id = p_user RETURNING * INTO b;
  PERFORM chat.note_moderation('user.' || p_act, NULL, p_user, p_by,
    jsonb_build_object('until', chat.iso(p_until), 'reason', p_reason));
  RETURN jsonb_build_object('outcome', 'changed', 'bar', chat.bar_json(b));
END $$;

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
    IF NOT own THEN
      PERFORM chat.note_moderation('message.deleted', p_room, m.sender_id, p_user, jsonb_build_object('seq', p_seq));
    END IF;
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

-- Ends a report: RESOLVED or DISMISSED. One that has ended may get the other end. Null: there is none.
CREATE OR REPLACE FUNCTION chat.end_report(p_id BIGINT, p_status TEXT, p_note TEXT, p_by TEXT) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  p chat.reports;
BEGIN
  SELECT * INTO p FROM chat.reports WHERE report_id = p_id FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF p.status = p_status AND p.resolution IS NOT DISTINCT FROM p_note THEN RETURN chat.report_json(p); END IF;
  UPDATE chat.reports SET status = p_status, resolution = p_note, ended_by = p_by, ended_at = clock_timestamp()
  WHERE report_id = p_id RETURNING * INTO p;
  PERFORM chat.note_moderation('report.' || lower(p_status), p.room_id, p.message -> 'sender' ->> 'userId', p_by,
    jsonb_build_object('reportId', p_id, 'seq', p.seq));
  RETURN chat.report_json(p);
END $$;

-- Removes reports, with their copies, that ended so many days ago, a portion at a time. Returns how many rows went.
CREATE OR REPLACE FUNCTION chat.forget_reports(p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.reports WHERE report_id IN (
    SELECT p.report_id FROM chat.reports p WHERE p.ended_at < clock_timestamp() - p_days * interval '1 day'
    ORDER BY p.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
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
    CASE p_event WHEN 'participant.removed' THEN p_pause_s END);
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
  IF r.last_seq > since THEN
    PERFORM chat.note_moderation('restriction.lifted', p_room, p_user, p_by, '{}');
    PERFORM chat.save_counters(r);
  END IF;
  RETURN chat.room_change(CASE WHEN r.last_seq > since THEN 'changed' ELSE 'same' END, r, since, NULL);
END $$;

-- One row of the audit of moderation, in the transaction of the act.
CREATE OR REPLACE FUNCTION chat.note_moderation(p_act TEXT, p_room TEXT, p_user TEXT, p_by TEXT, p_detail JSONB)
RETURNS VOID
LANGUAGE sql AS $$
  INSERT INTO chat.moderations (act, room_id, user_id, by_user_id, detail)
  VALUES (p_act, p_room, p_user, p_by, jsonb_strip_nulls(p_detail));
$$;

-- A report as the wire shows it, to those who may see it.
CREATE OR REPLACE FUNCTION chat.report_json(p chat.reports) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('reportId', p.report_id::TEXT, 'roomId', p.room_id, 'seq', p.seq, 'reporterId', p.reporter_id,
    'reason', p.reason, 'note', p.note, 'status', p.status, 'message', p.message, 'createdAt', chat.iso(p.created_at),
    'endedAt', chat.iso(p.ended_at), 'endedBy', p.ended_by, 'resolution', p.resolution);

-- Reports a message, with a copy of it as it is: under the lock of the room, so that it is the whole one or none. Once a
-- user and message: the same again finds the first. Outcomes: created, same, NOT_FOUND (no such room), NOT_A_MEMBER, BANNED,
-- MESSAGE_NOT_FOUND, FORBIDDEN (a SYSTEM row, or an own message), MESSAGE_DELETED.
CREATE OR REPLACE FUNCTION chat.report_message(p_room TEXT, p_seq BIGINT, p_user TEXT, p_reason TEXT, p_note TEXT)
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
  INSERT INTO chat.reports (room_id, seq, reporter_id, reason, note, message)
  VALUES (p_room, p_seq, p_user, p_reason, p_note, jsonb_strip_nulls(jsonb_build_object(
    'kind', m.kind, 'content', m.content, 'data', m.data, 'version', coalesce(m.version, m.seq),
    'createdAt', chat.iso(m.created_at), 'editedAt', chat.iso(m.edited_at))) || jsonb_build_object(
    'sender', CASE WHEN m.sender_id IS NOT NULL THEN jsonb_build_object(
      'userId', m.sender_id, 'nickname', m.sender_nickname, 'tag', m.sender_tag) END))
  RETURNING * INTO p;
  RETURN jsonb_build_object('outcome', 'created', 'report', chat.report_json(p));
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
  PERFORM chat.note_moderation(CASE p_kind WHEN 'BAN' THEN 'participant.banned' ELSE 'participant.muted' END,
    p_room, p_user, p_by, jsonb_build_object('until', chat.iso(p_until), 'reason', p_reason));
  UPDATE chat.rooms SET restricted = true WHERE room_id = p_room;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('changed', r, since, NULL) || jsonb_build_object('restriction', chat.restriction_json(x));
END $$;

-- How a user's tokens are refused, as the wire shows it to those who may see it. A block that has run out is none.
CREATE OR REPLACE FUNCTION chat.bar_json(b chat.bars) RETURNS JSONB
LANGUAGE sql VOLATILE
  RETURN jsonb_build_object(
    'userId', b.user_id,
    'block', CASE WHEN b.blocked AND (b.until IS NULL OR b.until > clock_timestamp())
      THEN jsonb_build_object('until', chat.iso(b.until), 'reason', b.reason) END,
    'revokedAt', chat.iso(to_timestamp(b.revoked_at)));

-- AlterTable
ALTER TABLE "bars" ADD COLUMN     "erased" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "erasures" ADD COLUMN     "late" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "mark_keys" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "key" BYTEA NOT NULL,

    CONSTRAINT "mark_keys_pkey" PRIMARY KEY ("id")
);

INSERT INTO chat.mark_keys (key)
SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));

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
  IF p_act LIKE 'un%' THEN
    -- Of somebody who was erased it stands by his mark.
    INSERT INTO chat.bars (user_id, version, blocked, until, revoked_at)
    SELECT p_user, v, o.blocked, o.until, o.revoked_at FROM chat.bars o
    WHERE o.erased AND o.user_id = chat.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL)
    ON CONFLICT DO NOTHING;
    UPDATE chat.bars o SET version = v, changed_at = clock_timestamp(), blocked = false, until = NULL, revoked_at = NULL
    WHERE o.erased AND o.user_id = chat.mark_of(p_user) AND (o.blocked OR o.revoked_at IS NOT NULL);
  END IF;
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
      PERFORM chat.erase_late(p_user);
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

-- A service has told of somebody: where he was erased meanwhile, what it told goes the same way, once his purchase or room has ended.
-- The caller holds the room's lock, and has written of him, or will. An erasure ends only while nobody does (`erase_portion`).
CREATE OR REPLACE FUNCTION chat.erase_late(p_user TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('chat.erasures:' || p_user, 0));
  IF chat.is_late(p_user) THEN
    INSERT INTO chat.erasures (user_id, late) VALUES (p_user, true) ON CONFLICT (user_id) DO NOTHING;
  END IF;
END $$;

-- One portion of the oldest erasure that can go on, in one transaction: whoever is killed in it has done none of it, and
-- another goes on. Null: there is nothing to do. Left is what is held for a legal reason, and rooms that are ACTIVE where he
-- buys or is the host, as trade, or the shop, ends that first; and bytes of files are removed by another job. The erasure then
-- waits, and is looked at again when `p_retry_s` have passed. `messages`: rows of one room that tell of it.
CREATE OR REPLACE FUNCTION chat.erase_portion(p_limit INTEGER, p_retry_s INTEGER) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  e chat.erasures;
  v_room TEXT;
  v_told JSONB := '[]';
  v_counts JSONB;
  v_done INTEGER;
  v_waits JSONB;
BEGIN
  SELECT * INTO e FROM chat.erasures o
  WHERE o.finished_at IS NULL AND (o.looked_at IS NULL OR o.looked_at < clock_timestamp() - p_retry_s * interval '1 second')
  ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF e.late AND NOT chat.is_late(e.user_id) THEN
    -- He is back, and so is what is his.
    DELETE FROM chat.erasures o WHERE o.id = e.id;
    RETURN NULL;
  END IF;

  IF chat.is_held('USER', e.user_id) THEN
    v_waits := jsonb_build_object('held', 1);
  ELSIF chat.fill_authors(10 * p_limit) THEN
    -- Rows of before say first whom they name.
    v_counts := '{}';
  ELSE
    SELECT a.room_id INTO v_room FROM chat.authors a
    LEFT JOIN chat.rooms o ON o.room_id = a.room_id
    LEFT JOIN chat.members m ON m.room_id = a.room_id AND m.user_id = a.user_id
    WHERE a.user_id = e.user_id AND NOT chat.is_held('ROOM', a.room_id)
      AND (o.status = 'ACTIVE' AND (m.committed OR m.host)) IS NOT TRUE
    ORDER BY a.room_id LIMIT 1;
    IF FOUND THEN
      v_told := chat.erase_in_room(e, v_room, p_limit);
      v_counts := coalesce(v_told -> 'counts', '{}');
      v_told := coalesce(v_told -> 'messages', '[]');
    END IF;
    IF v_counts IS NULL THEN
      UPDATE chat.uploads u SET user_id = e.pseudonym, name = '', attachment = NULL, key_no = NULL, state = 'GONE'
      WHERE u.upload_id IN (SELECT o.upload_id FROM chat.uploads o WHERE o.user_id = e.user_id
        AND NOT chat.is_held('ROOM', o.room_id) LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_counts := jsonb_build_object('files', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      -- Copies of what he said where the room is no more; what he reported stays without his words, which are bound to his id.
      DELETE FROM chat.reports p WHERE p.message #>> '{sender,userId}' = e.user_id AND NOT chat.is_held('ROOM', p.room_id);
      UPDATE chat.reports p SET reporter_id = e.pseudonym, note = NULL, resolution = NULL
      WHERE p.reporter_id = e.user_id AND NOT chat.is_held('ROOM', p.room_id);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      UPDATE chat.reports p SET ended_by = e.pseudonym WHERE p.ended_by = e.user_id;
      IF v_done > 0 THEN v_counts := jsonb_build_object('reports', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      UPDATE chat.moderations t SET
        user_id = CASE WHEN t.user_id = e.user_id THEN e.pseudonym ELSE t.user_id END,
        by_user_id = CASE WHEN t.by_user_id = e.user_id THEN e.pseudonym ELSE t.by_user_id END,
        detail = CASE WHEN t.user_id = e.user_id THEN t.detail - 'reason' ELSE t.detail END
      WHERE t.id IN (SELECT o.id FROM chat.moderations o WHERE o.user_id = e.user_id OR o.by_user_id = e.user_id
        LIMIT p_limit);
      GET DIAGNOSTICS v_done = ROW_COUNT;
      IF v_done > 0 THEN v_counts := jsonb_build_object('moderations', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      DELETE FROM chat.push_subscriptions s WHERE s.user_id = e.user_id;
      GET DIAGNOSTICS v_done = ROW_COUNT;
      DELETE FROM chat.nickname_tags t WHERE t.user_id = e.user_id;
      DELETE FROM chat.tickets t WHERE t.claims ->> 'userId' = e.user_id;
      DELETE FROM chat.admins t WHERE t.user_id = e.user_id;
      DELETE FROM chat.departures d WHERE d.user_id = e.user_id;
      UPDATE chat.holds h SET by_user_id = e.pseudonym WHERE h.by_user_id = e.user_id;
      UPDATE chat.bars b SET by_user_id = e.pseudonym WHERE b.by_user_id = e.user_id;
      IF v_done > 0 THEN v_counts := jsonb_build_object('pushSubscriptions', v_done); END IF;
    END IF;
    IF v_counts IS NULL THEN
      SELECT jsonb_strip_nulls(jsonb_build_object(
        'heldRooms', nullif(count(*) FILTER (WHERE chat.is_held('ROOM', a.room_id)), 0),
        'openPurchases', nullif(count(*) FILTER (WHERE m.committed AND o.status = 'ACTIVE'), 0),
        'openRooms', nullif(count(*) FILTER (WHERE m.host AND o.status = 'ACTIVE'), 0),
        'files', nullif((SELECT count(*) FROM chat.uploads u WHERE u.user_id = e.pseudonym AND u.removed_at IS NULL), 0)))
      INTO v_waits FROM chat.authors a
      LEFT JOIN chat.rooms o ON o.room_id = a.room_id
      LEFT JOIN chat.members m ON m.room_id = a.room_id AND m.user_id = a.user_id
      WHERE a.user_id = e.user_id;
      IF v_waits = '{}' THEN v_waits := NULL; END IF;
    END IF;
  END IF;

  IF v_waits IS NOT NULL THEN
    UPDATE chat.erasures o SET status = 'WAITING', waits_for = v_waits, looked_at = clock_timestamp() WHERE o.id = e.id
    RETURNING * INTO e;
  ELSIF v_counts IS NOT NULL THEN
    UPDATE chat.erasures o SET status = 'RUNNING', waits_for = '{}', looked_at = NULL,
      counts = o.counts || coalesce((SELECT jsonb_object_agg(c.key, c.value::INTEGER + coalesce((o.counts ->> c.key)::INTEGER, 0))
        FROM jsonb_each_text(v_counts) c WHERE c.value <> '0'), '{}')
    WHERE o.id = e.id RETURNING * INTO e;
  ELSIF clock_timestamp() < e.requested_at + interval '5 seconds' OR EXISTS (SELECT FROM chat.author_fills) THEN
    -- What was let in before his tokens were refused may still be under way, or somebody else reads whom rows of before name.
    UPDATE chat.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSIF chat.is_named_late(e.user_id) THEN
    -- A service has told of him meanwhile.
    UPDATE chat.erasures o SET looked_at = NULL WHERE o.id = e.id RETURNING * INTO e;
  ELSE
    PERFORM chat.mark_bar(e.user_id);
    UPDATE chat.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN jsonb_build_object('erasure', chat.erasure_json(e), 'messages', v_told);
END $$;

-- Whether rows of a room name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever tells of him
-- waits, and then sees that he is erased (`erase_late`).
CREATE OR REPLACE FUNCTION chat.is_named_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('chat.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT FROM chat.authors a WHERE a.user_id = p_user);
END $$;

-- A user's tokens stay refused as they are, and his mark stands in the place of his id.
CREATE OR REPLACE FUNCTION chat.mark_bar(p_user TEXT) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  v BIGINT;
BEGIN
  -- As in bar_user.
  LOCK TABLE chat.bars IN SHARE ROW EXCLUSIVE MODE;
  v := coalesce((SELECT max(o.version) FROM chat.bars o), 0) + 1;
  INSERT INTO chat.bars AS o (user_id, version, blocked, until, revoked_at, erased)
  SELECT chat.mark_of(p_user), v, b.blocked, b.until, b.revoked_at, true FROM chat.bars b WHERE b.user_id = p_user
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp(), blocked = excluded.blocked,
    until = excluded.until, revoked_at = greatest(o.revoked_at, excluded.revoked_at);
  DELETE FROM chat.bars b WHERE b.user_id = p_user;
END $$;

-- What stands for somebody who was erased, where his tokens stay refused: who knows his id finds it, and nobody makes the id of it
-- who has not the key.
CREATE OR REPLACE FUNCTION chat.mark_of(p_user TEXT) RETURNS TEXT
LANGUAGE sql STABLE
  RETURN (SELECT encode(sha256(k.key || convert_to(p_user, 'UTF8')), 'hex') FROM chat.mark_keys k);

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
    PERFORM chat.erase_late(p_host);
  END IF;
  r.last_seq := chat.add_system(r, 'room.opened', p_title || ' opened',
    jsonb_build_object('room', chat.room_json(r), 'participant', host_json));
  UPDATE chat.rooms SET last_seq = r.last_seq WHERE room_id = p_room;
  RETURN chat.room_change('created', r, 0, host_json);
END $$;

-- Begins to erase a user, or says how far that is. `p_dry`: says what there is, and changes nothing.
-- Outcomes: ok, held (for a legal reason).
CREATE OR REPLACE FUNCTION chat.request_erasure(p_user TEXT, p_by TEXT, p_dry BOOLEAN)
RETURNS TABLE (outcome TEXT, erasure JSONB, amount JSONB)
LANGUAGE plpgsql AS $$
DECLARE
  e chat.erasures;
  v_amount JSONB := jsonb_build_object(
    'rooms', (SELECT count(*) FROM (SELECT a.room_id FROM chat.authors a WHERE a.user_id = p_user
      UNION SELECT m.room_id FROM chat.members m WHERE m.user_id = p_user) o),
    'heldRooms', (SELECT count(*) FROM chat.authors a WHERE a.user_id = p_user AND chat.is_held('ROOM', a.room_id)),
    'openPurchases', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.committed AND r.status = 'ACTIVE'),
    'openRooms', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.host AND r.status = 'ACTIVE'),
    'files', (SELECT count(*) FROM chat.uploads u WHERE u.user_id = p_user AND u.state <> 'GONE'),
    'reports', (SELECT count(*) FROM chat.reports p
      WHERE p.reporter_id = p_user OR p.message #>> '{sender,userId}' = p_user),
    'pushSubscriptions', (SELECT count(*) FROM chat.push_subscriptions s WHERE s.user_id = p_user));
BEGIN
  IF chat.is_held('USER', p_user) THEN
    RETURN QUERY SELECT 'held', NULL::JSONB, v_amount;
    RETURN;
  END IF;
  SELECT * INTO e FROM chat.erasures o WHERE o.user_id = p_user;
  IF FOUND AND NOT e.late OR p_dry THEN
    RETURN QUERY SELECT 'ok', CASE WHEN e.id IS NOT NULL THEN chat.erasure_json(e) END, v_amount;
    RETURN;
  END IF;
  PERFORM chat.note_moderation('user.erased', NULL, p_user, p_by, '{}');
  PERFORM chat.bar_user(p_user, 'revoke', NULL, NULL, p_by);
  INSERT INTO chat.erasures AS o (user_id) VALUES (p_user)
  ON CONFLICT (user_id) DO UPDATE SET late = false, requested_at = excluded.requested_at RETURNING * INTO e;
  -- Where he is by something that no row tells any more.
  INSERT INTO chat.authors (user_id, room_id) SELECT p_user, m.room_id FROM chat.members m WHERE m.user_id = p_user
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT 'ok', chat.erasure_json(e), v_amount;
END $$;

-- Whether what a service tells of somebody is of before he was erased: his tokens are still refused, and nothing in any room is of
-- himself, as it is once he is back with a new token (he read, or talked). The caller holds his lock (`erase_late`), or erases him.
CREATE OR REPLACE FUNCTION chat.is_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (
    SELECT FROM chat.bars b WHERE b.erased AND b.revoked_at IS NOT NULL AND b.user_id = chat.mark_of(p_user)
  ) AND NOT EXISTS (
    SELECT FROM chat.members m
    WHERE m.user_id = p_user AND (m.last_sent_at IS NOT NULL OR m.last_read_seq >= m.joined_seq));

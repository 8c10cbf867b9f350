DROP FUNCTION chat.renew_epochs();

-- AlterTable
ALTER TABLE "bars" ADD COLUMN     "returned" BOOLEAN NOT NULL DEFAULT false;

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
  -- Before that of the table, as where an erasure ends.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('chat.erasures:' || p_by, 0));
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
      WHEN 'unrevoke' THEN NULL ELSE o.revoked_at END,
    returned = o.returned AND p_act <> 'revoke'
  WHERE o.user_id = p_user RETURNING * INTO b;
  PERFORM chat.note_moderation('user.' || p_act, NULL, p_user, p_by,
    jsonb_build_object('until', chat.iso(p_until), 'reason', p_reason));
  RETURN jsonb_build_object('outcome', 'changed', 'bar', chat.bar_json(b));
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
    -- What was under way has been written meanwhile.
    UPDATE chat.erasures o SET looked_at = clock_timestamp() - (p_retry_s - 1) * interval '1 second' WHERE o.id = e.id
    RETURNING * INTO e;
  ELSE
    PERFORM chat.mark_bar(e.user_id);
    UPDATE chat.erasures o SET status = 'DONE', waits_for = '{}', user_id = NULL, finished_at = clock_timestamp()
    WHERE o.id = e.id RETURNING * INTO e;
  END IF;
  RETURN jsonb_build_object('erasure', chat.erasure_json(e), 'messages', v_told);
END $$;

-- Whether rows name somebody whose erasure is about to end. From here on, and until the transaction ends, whoever writes of him waits,
-- and then sees that he is erased (`refuse_erased`, `erase_late`).
CREATE OR REPLACE FUNCTION chat.is_named_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('chat.erasures:' || p_user, 0));
  RETURN EXISTS (SELECT FROM chat.authors a WHERE a.user_id = p_user)
    OR EXISTS (SELECT FROM chat.uploads u WHERE u.user_id = p_user AND NOT chat.is_held('ROOM', u.room_id))
    OR EXISTS (SELECT FROM chat.reports p
      WHERE (p.reporter_id = p_user OR p.ended_by = p_user) AND NOT chat.is_held('ROOM', p.room_id))
    OR EXISTS (SELECT FROM chat.moderations t WHERE t.user_id = p_user OR t.by_user_id = p_user)
    OR EXISTS (SELECT FROM chat.push_subscriptions s WHERE s.user_id = p_user)
    OR EXISTS (SELECT FROM chat.nickname_tags t WHERE t.user_id = p_user)
    OR EXISTS (SELECT FROM chat.tickets t WHERE t.claims ->> 'userId' = p_user)
    OR EXISTS (SELECT FROM chat.admins a WHERE a.user_id = p_user);
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
  INSERT INTO chat.bars AS o (user_id, version, blocked, until, revoked_at, erased, returned)
  SELECT chat.mark_of(p_user), v, b.blocked, b.until, b.revoked_at, true, b.returned FROM chat.bars b WHERE b.user_id = p_user
  ON CONFLICT (user_id) DO UPDATE SET version = v, changed_at = clock_timestamp(), blocked = excluded.blocked,
    until = excluded.until, revoked_at = greatest(o.revoked_at, excluded.revoked_at),
    returned = excluded.returned;
  DELETE FROM chat.bars b WHERE b.user_id = p_user;
END $$;

-- A trigger of the tables that say who acts, at the path that it is given: who was erased is in no row again, however late comes
-- what he asked for before (GE001). Where an erasure of him goes on it finds the row, as it ends only while nobody writes of him
-- (`is_named_late`). Who is back with a newer token is let in (`welcome_back`).
CREATE OR REPLACE FUNCTION chat.refuse_erased() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
DECLARE
  v_user TEXT := to_jsonb(NEW) #>> TG_ARGV[0]::TEXT[];
BEGIN
  IF v_user IS NULL THEN RETURN NEW; END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('chat.erasures:' || v_user, 0));
  IF chat.is_late(v_user)
    AND NOT EXISTS (SELECT 1 FROM chat.erasures e WHERE e.user_id = v_user) THEN
    RAISE EXCEPTION USING ERRCODE = 'GE001', MESSAGE = 'who asks was erased';
  END IF;
  RETURN NEW;
END $$;

-- Gives all rooms another epoch, after a backup was restored. How many they are. `p_by` null: the service.
CREATE OR REPLACE FUNCTION chat.renew_epochs(p_by TEXT DEFAULT NULL) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  renewed INTEGER;
BEGIN
  -- In the order in which all lock them.
  PERFORM 1 FROM chat.rooms ORDER BY room_id FOR NO KEY UPDATE;
  UPDATE chat.rooms SET epoch = substr(gen_random_uuid()::text, 1, 8);
  GET DIAGNOSTICS renewed = ROW_COUNT;
  PERFORM chat.note_moderation('rooms.restored', NULL, NULL, p_by, jsonb_build_object('rooms', renewed));
  RETURN renewed;
END $$;

-- A token of somebody was let in that was issued after his tokens were revoked, at `p_issued_s` (seconds of 1970): what he does counts
-- from now on as that of somebody who is back, also where he was erased in between.
CREATE OR REPLACE FUNCTION chat.welcome_back(p_user TEXT, p_issued_s BIGINT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
  -- As in bar_user.
  LOCK TABLE chat.bars IN SHARE ROW EXCLUSIVE MODE;
  UPDATE chat.bars o SET returned = true, changed_at = clock_timestamp(),
    version = (SELECT max(b.version) FROM chat.bars b) + 1
  WHERE (NOT o.erased AND o.user_id = p_user OR o.erased AND o.user_id = chat.mark_of(p_user))
    AND o.revoked_at < p_issued_s AND NOT o.returned;
END $$;

-- Whether what is told of somebody is of before he was erased: his tokens are still refused, and none that is newer was let in
-- (`welcome_back`). The caller holds his lock (`erase_late`), or erases him.
CREATE OR REPLACE FUNCTION chat.is_late(p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (
    SELECT FROM chat.bars b
    WHERE b.erased AND b.revoked_at IS NOT NULL AND NOT b.returned AND b.user_id = chat.mark_of(p_user));

-- Who acts, or is acted for: nobody who was erased.
CREATE TRIGGER "authors_of_nobody_erased" BEFORE INSERT ON "authors" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{user_id}');
CREATE TRIGGER "uploads_of_nobody_erased" BEFORE INSERT ON "uploads" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{user_id}');
CREATE TRIGGER "push_subscriptions_of_nobody_erased" BEFORE INSERT ON "push_subscriptions" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{user_id}');
CREATE TRIGGER "tickets_of_nobody_erased" BEFORE INSERT ON "tickets" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{claims,userId}');
CREATE TRIGGER "reports_of_nobody_erased" BEFORE INSERT ON "reports" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{reporter_id}');
CREATE TRIGGER "nickname_tags_of_nobody_erased" BEFORE INSERT ON "nickname_tags" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{user_id}');
CREATE TRIGGER "admins_of_nobody_erased" BEFORE INSERT ON "admins" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{user_id}');
CREATE TRIGGER "moderations_of_nobody_erased" BEFORE INSERT ON "moderations" FOR EACH ROW EXECUTE FUNCTION chat.refuse_erased('{by_user_id}');

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

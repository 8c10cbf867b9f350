-- The append of a batch in which something is to be noted beside some message: that of all others, and then the notes. So
-- messages without any cost what they did. `p_notes`: see `add_notes`; null: none. `p_alls`: all are mentioned, which is for the
-- host, an admin (`p_admins`) and the service, and else FORBIDDEN.
CREATE OR REPLACE FUNCTION chat.append_noting(
  p_rooms TEXT[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[], p_kinds TEXT[],
  p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[], p_notes TEXT[], p_alls BOOLEAN[],
  p_keys INTEGER[] DEFAULT NULL, p_admins BOOLEAN[] DEFAULT NULL
) RETURNS TABLE (ord INTEGER, outcome TEXT, seq BIGINT, chat_no BIGINT, created_at TEXT, mentions TEXT[])
LANGUAGE plpgsql
SET lock_timeout = '500ms' AS $$
DECLARE
  -- Of those that may be tried, in their order. Who is the host of a room never changes.
  places INTEGER[];
  one RECORD;
BEGIN
  SELECT array_agg(i.n ORDER BY i.n) INTO places
  FROM unnest(p_rooms, p_senders, p_alls, p_admins) WITH ORDINALITY i (room_id, sender_id, mentions_all, admin, n)
  WHERE NOT i.mentions_all OR i.sender_id IS NULL OR i.admin
    OR coalesce((SELECT coalesce(r.host_id = i.sender_id, false) FROM chat.rooms r WHERE r.room_id = i.room_id), true);
  FOR ord IN SELECT n FROM generate_subscripts(p_rooms, 1) n WHERE n <> ALL (coalesce(places, '{}')) LOOP
    outcome := 'FORBIDDEN';
    RETURN NEXT;
  END LOOP;
  IF places IS NULL THEN RETURN; END IF;
  FOR one IN
    SELECT places[a.ord] AS n, a.outcome, a.seq, a.chat_no, a.created_at FROM chat.append_messages(
      ARRAY(SELECT p_rooms[n] FROM unnest(places) n), ARRAY(SELECT p_senders[n] FROM unnest(places) n),
      ARRAY(SELECT p_nicknames[n] FROM unnest(places) n), ARRAY(SELECT p_tags[n] FROM unnest(places) n),
      ARRAY(SELECT p_client_ids[n] FROM unnest(places) n), ARRAY(SELECT p_kinds[n] FROM unnest(places) n),
      ARRAY(SELECT p_contents[n] FROM unnest(places) n), ARRAY(SELECT p_reply_tos[n] FROM unnest(places) n),
      ARRAY(SELECT p_datas[n] FROM unnest(places) n), ARRAY(SELECT p_signal_types[n] FROM unnest(places) n),
      ARRAY(SELECT p_keys[n] FROM unnest(places) n), ARRAY(SELECT p_admins[n] FROM unnest(places) n)) a
    ORDER BY a.ord
  LOOP
    ord := one.n;
    outcome := one.outcome;
    seq := one.seq;
    chat_no := one.chat_no;
    created_at := one.created_at;
    mentions := NULL;
    IF outcome = 'stored' AND p_notes[ord] IS NOT NULL THEN
      mentions := chat.add_notes(p_rooms[ord], seq, p_notes[ord]::jsonb, p_alls[ord]);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

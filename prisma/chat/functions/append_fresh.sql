-- The append of a batch in which nothing is wrong: `p_rooms` each once, with how many messages are for it; each pair of a
-- room and a sender once (null: the service), with whether he sends a notice, the newest message that he answers, and the
-- place of his last one; `p_keys`: of each room, the number of the key that texts are sealed with, null where they are
-- clear; then the messages, each with the number of its room and its place among those for it. For each
-- room the position before its first message; no row where any message is refused or was stored before: then nothing is
-- changed, and `append_messages` finds which one. That is not looked for here, as it is half of what a message costs there
-- (PostgreSQL 18, CPU of a batch, medians of 14 interleaved pairs, this / that: 400 messages of 50 rooms 0.55, 50 of 50
-- 0.72, 2 of 2 0.72). Rooms and members are locked and read at once, in the order in which all lock them.
CREATE OR REPLACE FUNCTION chat.append_fresh(
  p_rooms TEXT[], p_counts INTEGER[],
  p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_pair_notices BOOLEAN[], p_pair_replies BIGINT[], p_pair_lasts INTEGER[],
  p_room_nos INTEGER[], p_places INTEGER[], p_senders TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_client_ids TEXT[],
  p_kinds TEXT[], p_contents TEXT[], p_reply_tos BIGINT[], p_datas TEXT[], p_signal_types TEXT[],
  p_keys INTEGER[] DEFAULT NULL
) RETURNS TABLE (last_seq BIGINT, last_chat_no BIGINT, created_at TEXT)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  stamp TIMESTAMPTZ(3);
  -- By the number of the room. Of a fixed width: an element of such an array is found without reading those before it.
  seqs BIGINT[];
  chat_nos BIGINT[];
  lobbies BOOLEAN[];
  cancelled BOOLEAN[];
  clearings BOOLEAN[];
  -- Some room has restrictions or slow mode.
  ordered BOOLEAN;
  -- Some room has another key than the one its messages are sealed with.
  stale BOOLEAN;
  room_tids TID[];
  member_tids TID[];
  fine BOOLEAN;
BEGIN
  SELECT array_agg(r.last_seq ORDER BY r.n), array_agg(r.last_chat_no ORDER BY r.n),
    array_agg(r.product_id IS NULL ORDER BY r.n), array_agg(r.status = 'CANCELLED' ORDER BY r.n),
    array_agg(r.clearing ORDER BY r.n), array_agg(r.place ORDER BY r.n), bool_or(r.ordered),
    bool_or(p_keys[r.n] <> coalesce(r.key_no, 0))
  INTO seqs, chat_nos, lobbies, cancelled, clearings, room_tids, ordered, stale
  FROM (
    SELECT i.n, r.* FROM (
      SELECT u.room_id, u.n FROM unnest(p_rooms) WITH ORDINALITY u (room_id, n) ORDER BY u.room_id
    ) i
    CROSS JOIN LATERAL (
      SELECT r.last_seq, r.last_chat_no, r.product_id, r.status, r.clearing, r.ctid AS place, r.key_no,
        r.restricted OR r.slow_mode_seconds > 0 AS ordered FROM chat.rooms r
      WHERE r.room_id = i.room_id OFFSET 0 FOR NO KEY UPDATE
    ) r OFFSET 0
  ) r;
  IF cardinality(seqs) IS DISTINCT FROM cardinality(p_rooms) OR stale THEN
    RETURN;
  END IF;
  SELECT bool_and(v.verdict = 'stored'), array_agg(v.place ORDER BY v.n) INTO fine, member_tids FROM (
    SELECT i.n, m.place, chat.append_verdict(
      '', CASE WHEN lobbies[i.room_no] THEN NULL ELSE '' END, CASE WHEN cancelled[i.room_no] THEN 'CANCELLED' END,
      clearings[i.room_no], seqs[i.room_no], m.user_id, m.left_at, m.host, m.committed, i.user_id,
      CASE WHEN i.notice THEN 'NOTIFICATION' ELSE 'CHAT' END, i.reply_to, NULL, NULL
    ) AS verdict
    FROM (
      SELECT p_rooms[u.room_no] AS room_id, u.* FROM unnest(p_pair_rooms, p_pair_senders, p_pair_notices, p_pair_replies)
        WITH ORDINALITY u (room_no, user_id, notice, reply_to, n)
      ORDER BY room_id, u.user_id
    ) i
    LEFT JOIN LATERAL (
      SELECT m.user_id, m.left_at, m.host, m.committed, m.ctid AS place FROM chat.members m
      WHERE m.room_id = i.room_id AND m.user_id = i.user_id OFFSET 0 FOR NO KEY UPDATE
    ) m ON true OFFSET 0
  ) v;
  IF NOT fine THEN
    RETURN;
  END IF;
  IF ordered AND chat.is_held_back(p_rooms, p_pair_rooms, p_pair_senders, p_room_nos, p_senders) THEN
    RETURN;
  END IF;
  stamp := clock_timestamp();
  BEGIN
    INSERT INTO chat.messages (room_id, seq, chat_no, kind, sender_id, sender_nickname, sender_tag, client_message_id,
      content, reply_to, data, signal_type, created_at, key_no)
    SELECT p_rooms[i.room_no], seqs[i.room_no] + i.place, chat_nos[i.room_no] + i.place, i.kind, i.sender_id, i.nickname,
      i.tag, i.client_id, i.content, i.reply_to, i.data::jsonb, i.signal_type, stamp,
      p_keys[i.room_no]
    FROM unnest(
      p_room_nos, p_places, p_senders, p_nicknames, p_tags, p_client_ids, p_kinds, p_contents, p_reply_tos, p_datas,
      p_signal_types
    ) i (room_no, place, sender_id, nickname, tag, client_id, kind, content, reply_to, data, signal_type);
  EXCEPTION WHEN unique_violation THEN
    RETURN;
  END;
  -- Who is a member was named as he became one.
  IF true = ANY (lobbies) THEN
    PERFORM chat.note_author(p_rooms[i.room_no], i.user_id) FROM unnest(p_pair_rooms, p_pair_senders) i (room_no, user_id)
    WHERE lobbies[i.room_no];
  END IF;
  UPDATE chat.rooms r SET last_seq = r.last_seq + c.n, last_chat_no = r.last_chat_no + c.n,
    clear_from = coalesce(r.clear_from, CASE WHEN c.key_no IS NULL THEN r.last_seq + 1 END)
  FROM unnest(room_tids, p_counts, p_keys) c (place, n, key_no) WHERE r.ctid = c.place;
  -- Who talks has read. A mark is never past the newest row.
  UPDATE chat.members m
  SET last_read_seq = seqs[c.room_no] + c.last, last_read_chat_no = chat_nos[c.room_no] + c.last, last_sent_at = stamp
  FROM unnest(member_tids, p_pair_rooms, p_pair_lasts) c (place, room_no, last) WHERE m.ctid = c.place;
  RETURN QUERY SELECT i.seq, i.chat_no, chat.iso(stamp) FROM unnest(seqs, chat_nos) i (seq, chat_no);
END $$;

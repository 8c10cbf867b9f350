-- CreateTable
CREATE TABLE "search_rooms" (
    "room_id" TEXT NOT NULL,
    "key" BYTEA NOT NULL,
    "indexed_seq" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "search_rooms_pkey" PRIMARY KEY ("room_id")
);

-- CreateTable
CREATE TABLE "search_grams" (
    "room_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "grams" INTEGER[],

    CONSTRAINT "search_grams_pkey" PRIMARY KEY ("room_id","seq")
);

-- CreateIndex
CREATE INDEX "search_grams_grams_idx" ON "search_grams" USING GIN ("grams");

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
    DELETE FROM chat.search_grams t WHERE t.room_id = p_room AND t.seq = p_seq;
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

-- Removes a room with its members, messages and what searches know of them. True when there was one.
CREATE OR REPLACE FUNCTION chat.delete_room(p_room TEXT) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM chat.rooms WHERE room_id = p_room FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM chat.lock_members(p_room);
  DELETE FROM chat.messages WHERE room_id = p_room;
  DELETE FROM chat.search_grams WHERE room_id = p_room;
  DELETE FROM chat.search_rooms WHERE room_id = p_room;
  DELETE FROM chat.rooms WHERE room_id = p_room;
  RETURN true;
END $$;

-- Puts messages of a room into the index of searches, which has all up to `p_from` and then all up to `p_to`. False, and
-- nothing is done, where somebody else has been there. `p_seqs`: messages, and those that rows of change among them have
-- changed, `p_versions` what they were as they were read, `p_grams` their grams as literals; none for what has no text. Of
-- one that was changed meanwhile nothing is kept: its row of change comes later.
CREATE OR REPLACE FUNCTION chat.index_messages(
  p_room TEXT, p_from BIGINT, p_to BIGINT, p_seqs BIGINT[], p_versions BIGINT[], p_grams TEXT[]
) RETURNS BOOLEAN
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
  UPDATE chat.search_rooms SET indexed_seq = p_to WHERE room_id = p_room AND indexed_seq = p_from;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM chat.search_grams WHERE room_id = p_room AND seq = ANY (p_seqs) AND seq <= p_from;
  INSERT INTO chat.search_grams (room_id, seq, grams)
  SELECT p_room, i.seq, i.grams::INTEGER[]
  FROM unnest(p_seqs, p_versions, p_grams) AS i (seq, version, grams)
  CROSS JOIN LATERAL (
    SELECT coalesce(m.version, m.seq) AS version FROM chat.messages m WHERE m.room_id = p_room AND m.seq = i.seq OFFSET 0
  ) m
  WHERE i.grams <> '{}' AND m.version = i.version;
  RETURN true;
END $$;

-- How far a room is in the index of searches, and the key that its grams are made with: `p_key` where it has none yet. No
-- row for a room that is not there.
CREATE OR REPLACE FUNCTION chat.open_search_room(p_room TEXT, p_key BYTEA)
RETURNS TABLE (key BYTEA, indexed_seq BIGINT)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT s.key, s.indexed_seq FROM chat.search_rooms s WHERE s.room_id = p_room;
  IF FOUND THEN RETURN; END IF;
  INSERT INTO chat.search_rooms (room_id, key, indexed_seq)
  SELECT r.room_id, p_key, 0 FROM chat.rooms r WHERE r.room_id = p_room
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT s.key, s.indexed_seq FROM chat.search_rooms s WHERE s.room_id = p_room;
END $$;

-- Messages of a room below `p_before` that have all of these grams, the newest first: those that contain what the grams were
-- made of, and a few others. `OFFSET 0`: by the index of grams, whatever the planner thinks of the room's key. Planned once a
-- call would not be: a plan from when the table was small would read it whole.
CREATE OR REPLACE FUNCTION chat.search_candidates(p_room TEXT, p_grams INTEGER[], p_before BIGINT, p_limit INTEGER)
RETURNS SETOF BIGINT
LANGUAGE plpgsql STABLE
SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
  SELECT s.seq FROM (SELECT g.room_id, g.seq FROM chat.search_grams g WHERE g.grams @> p_grams OFFSET 0) s
  WHERE s.room_id = p_room AND s.seq < p_before ORDER BY s.seq DESC LIMIT p_limit;
END $$;

-- Below which `seq` a room's messages were stored before a moment. No `seq` is left out and times only grow with it, so the
-- place is found by halves: about 20 look-ups in a room of a million.
CREATE OR REPLACE FUNCTION chat.seq_at(p_room TEXT, p_at TIMESTAMPTZ) RETURNS BIGINT
LANGUAGE plpgsql STABLE AS $$
DECLARE
  low BIGINT := 1;
  high BIGINT;
  middle BIGINT;
  stamp TIMESTAMPTZ;
BEGIN
  SELECT r.last_seq + 1 INTO high FROM chat.rooms r WHERE r.room_id = p_room;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT m.created_at INTO stamp FROM chat.messages m WHERE m.room_id = p_room AND m.seq = middle;
    -- One that is not there was removed for its age.
    IF NOT FOUND OR stamp < p_at THEN low := middle + 1; ELSE high := middle; END IF;
  END LOOP;
  RETURN low;
END $$;

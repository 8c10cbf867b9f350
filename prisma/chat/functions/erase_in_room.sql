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

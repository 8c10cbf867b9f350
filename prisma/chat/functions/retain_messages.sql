-- Removes, of a room that has ended, the oldest messages that are older than `p_days` days: `p_limit` at most, and none from the
-- first on that somebody sent who is held, in no room that is held. `first_seq` moves behind them. Returns how many went; 0
-- too where somebody has locked the room. What they are quoted in, and rows of change that are younger, stay.
CREATE OR REPLACE FUNCTION chat.retain_messages(p_room TEXT, p_days INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  kept BIGINT;
  last_no BIGINT;
  gone INTEGER;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND OR r.status = 'ACTIVE' OR chat.is_held('ROOM', p_room) THEN RETURN 0; END IF;
  -- The first that stays. Times only grow with `seq`.
  SELECT coalesce(min(m.seq), r.first_seq + p_limit) INTO kept FROM (
    SELECT o.seq, o.created_at, o.sender_id FROM chat.messages o
    WHERE o.room_id = p_room AND o.seq >= r.first_seq ORDER BY o.seq LIMIT p_limit) m
  WHERE m.created_at >= clock_timestamp() - p_days * interval '1 day'
    OR (m.sender_id IS NOT NULL AND chat.is_held('USER', m.sender_id));
  kept := least(kept, r.last_seq + 1);
  IF kept = r.first_seq THEN RETURN 0; END IF;
  SELECT m.chat_no INTO last_no FROM chat.messages m WHERE m.room_id = p_room AND m.seq = kept - 1;
  PERFORM chat.drop_files(p_room, u.seq) FROM chat.uploads u
  WHERE u.room_id = p_room AND u.seq >= r.first_seq AND u.seq < kept;
  DELETE FROM chat.mentions m WHERE m.room_id = p_room AND m.seq < kept;
  DELETE FROM chat.reactions m WHERE m.room_id = p_room AND m.seq < kept;
  -- Whoever is putting them into the index has done so, or sees what follows.
  PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = p_room FOR SHARE;
  DELETE FROM chat.search_grams m WHERE m.room_id = p_room AND m.seq < kept;
  DELETE FROM chat.messages m WHERE m.room_id = p_room AND m.seq < kept;
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE chat.rooms SET first_seq = kept, gone_chat_no = coalesce(last_no, gone_chat_no),
    pinned = ARRAY(SELECT p.id FROM unnest(r.pinned) WITH ORDINALITY AS p (id, n)
      WHERE split_part(p.id, ':', 2)::BIGINT >= kept ORDER BY p.n)
  WHERE room_id = p_room;
  RETURN gone;
END $$;

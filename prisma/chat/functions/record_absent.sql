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

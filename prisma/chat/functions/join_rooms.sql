-- Many joins in one round trip, an answer each. Rooms are locked in the order of their ids, and joined in it: a join may
-- lock members. Who is online is said for a single room: null for many, of which those that need a place are answered
-- PLACE_NEEDED.
CREATE OR REPLACE FUNCTION chat.join_rooms(
  p_rooms TEXT[], p_users TEXT[], p_nicknames TEXT[], p_tags TEXT[], p_online BOOLEAN[],
  p_anonymous BOOLEAN[] DEFAULT NULL, p_visitors BOOLEAN[] DEFAULT NULL, p_share NUMERIC DEFAULT NULL,
  p_online_users TEXT[] DEFAULT '{}'
) RETURNS TABLE (ord INTEGER, change JSONB)
LANGUAGE plpgsql
SET lock_timeout = '500ms'
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM 1 FROM chat.rooms r WHERE r.room_id = ANY (p_rooms) ORDER BY r.room_id FOR NO KEY UPDATE;
  FOR ord IN SELECT i.n FROM unnest(p_rooms) WITH ORDINALITY AS i (room_id, n) ORDER BY i.room_id, i.n LOOP
    change := chat.join_room(p_rooms[ord], p_users[ord], p_nicknames[ord], p_tags[ord], p_online[ord],
      p_anonymous[ord], coalesce(p_visitors[ord], false), p_share, p_online_users);
    RETURN NEXT;
  END LOOP;
END $$;

-- Whether somebody who says something is muted or banned, or says more than slow mode lets him: pairs of a room and a
-- sender, and the messages, as `append_fresh` has them. The caller holds the locks of the rooms.
CREATE OR REPLACE FUNCTION chat.is_held_back(
  p_rooms TEXT[], p_pair_rooms INTEGER[], p_pair_senders TEXT[], p_room_nos INTEGER[], p_senders TEXT[]
) RETURNS BOOLEAN
LANGUAGE plpgsql AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM unnest(p_pair_rooms, p_pair_senders) i (room_no, user_id)
    JOIN chat.rooms r ON r.room_id = p_rooms[i.room_no]
    LEFT JOIN chat.members m ON m.room_id = r.room_id AND m.user_id = i.user_id
    WHERE r.restricted AND chat.restriction_of(r.room_id, i.user_id) IS NOT NULL
      OR r.slow_mode_seconds > 0 AND NOT m.host AND (
        chat.slow_mode_wait_ms(r.slow_mode_seconds, m.last_sent_at, clock_timestamp()) > 0
        OR 1 < (SELECT count(*) FROM unnest(p_room_nos, p_senders) s (room_no, user_id)
          WHERE s.room_no = i.room_no AND s.user_id = i.user_id)));
END $$;

-- What becomes of a message that is not stored yet: 'stored', or the code of what it is refused with. The room and the
-- sender's membership as they are under the room's lock; null where there is none. `p_slow`: his last message is not
-- long enough ago. `p_admin`: he may what the host may,
-- and sends notices where he is no member. One expression, which the planner puts in place of the call.
CREATE OR REPLACE FUNCTION chat.append_verdict(
  p_room TEXT, p_product TEXT, p_status TEXT, p_clearing BOOLEAN, p_last_seq BIGINT,
  p_member TEXT, p_left_at TIMESTAMPTZ, p_host BOOLEAN, p_committed BOOLEAN,
  p_sender TEXT, p_kind TEXT, p_reply_to BIGINT, p_restriction TEXT, p_slow BOOLEAN,
  p_admin BOOLEAN DEFAULT false
) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN p_room IS NULL THEN 'NOT_FOUND'
    WHEN p_restriction = 'BAN' THEN 'BANNED'
    -- In the lobby, the room without a product, everybody is a member.
    WHEN p_sender IS NOT NULL AND (p_member IS NULL OR p_left_at IS NOT NULL) AND p_product IS NOT NULL
      AND NOT (p_admin AND p_kind = 'NOTIFICATION')
      THEN 'NOT_A_MEMBER'
    -- A guest of a room that was closed, whose own row is still to come.
    WHEN p_clearing AND p_sender IS NOT NULL AND NOT p_host AND NOT p_committed
      AND NOT (p_admin AND p_kind = 'NOTIFICATION') THEN 'NOT_A_MEMBER'
    -- The service may say how it ended.
    WHEN p_status = 'CANCELLED' AND p_sender IS NOT NULL THEN 'ROOM_READ_ONLY'
    WHEN p_restriction IS NOT NULL THEN 'MUTED'
    WHEN p_kind = 'NOTIFICATION' AND p_sender IS NOT NULL AND p_host IS NOT TRUE AND NOT p_admin THEN 'FORBIDDEN'
    WHEN p_reply_to > p_last_seq THEN 'REPLY_UNKNOWN'
    WHEN p_slow THEN 'SLOW_MODE'
    ELSE 'stored'
  END;

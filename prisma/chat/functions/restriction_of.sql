-- How a user is restricted in a room now: MUTE, BAN, or null. For rooms that are `restricted`; in others nobody is.
CREATE OR REPLACE FUNCTION chat.restriction_of(p_room TEXT, p_user TEXT) RETURNS TEXT
LANGUAGE sql VOLATILE
  RETURN (SELECT x.kind FROM chat.restrictions x
    WHERE x.room_id = p_room AND x.user_id = p_user AND (x.until IS NULL OR x.until > clock_timestamp()));

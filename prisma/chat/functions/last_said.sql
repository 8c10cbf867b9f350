-- The newest CHAT or NOTIFICATION of a room, and no row where nobody has said anything. Rows of the service that came after
-- it may be thousands: `chat_no`, which only grows, is looked for in steps that double, and then by halves.
CREATE OR REPLACE FUNCTION chat.last_said(p_room TEXT, p_last_seq BIGINT, p_last_chat_no BIGINT) RETURNS chat.messages
LANGUAGE plpgsql STABLE AS $$
DECLARE
  m chat.messages;
  step BIGINT := 1;
  -- The one looked for is above `low`, and not above `high`.
  low BIGINT := 0;
  high BIGINT := p_last_seq;
  middle BIGINT;
BEGIN
  IF p_last_chat_no = 0 THEN RETURN NULL; END IF;
  WHILE low < high - 1 LOOP
    middle := CASE WHEN low = 0 THEN greatest(high - step, 1) ELSE (low + high) / 2 END;
    step := step * 2;
    SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = middle;
    -- What is not there was removed for its age: nothing older is.
    IF m.chat_no = p_last_chat_no THEN high := middle; ELSE low := middle; END IF;
  END LOOP;
  SELECT * INTO m FROM chat.messages t WHERE t.room_id = p_room AND t.seq = high AND t.kind <> 'SYSTEM';
  RETURN m;
END $$;

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

-- Notes beside a message that was just stored what few have: `mentions`, of whose users those count who are members, and
-- `masked`. Those who are mentioned are the answer. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.add_notes(p_room TEXT, p_seq BIGINT, p_notes JSONB, p_all BOOLEAN) RETURNS TEXT[]
LANGUAGE plpgsql AS $$
DECLARE
  kept TEXT[] := chat.mentionable(p_room, p_notes -> 'mentions');
BEGIN
  PERFORM chat.set_mentions(p_room, p_seq, kept, p_all);
  IF (p_notes ->> 'masked')::boolean THEN
    UPDATE chat.messages t SET masked = true WHERE t.room_id = p_room AND t.seq = p_seq;
  END IF;
  RETURN kept;
END $$;

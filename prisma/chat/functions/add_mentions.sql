-- Says whom a message that was just stored mentions, of the users that are listed (a JSON array): those who are members. They
-- are the answer. The caller holds the room's lock.
CREATE OR REPLACE FUNCTION chat.add_mentions(p_room TEXT, p_seq BIGINT, p_users TEXT, p_all BOOLEAN) RETURNS TEXT[]
LANGUAGE plpgsql AS $$
DECLARE
  kept TEXT[] := chat.mentionable(p_room, p_users::jsonb);
BEGIN
  PERFORM chat.set_mentions(p_room, p_seq, kept, p_all);
  RETURN kept;
END $$;

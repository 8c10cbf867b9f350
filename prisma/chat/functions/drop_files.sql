-- The files of a message (`p_seq`), or of a whole room (null), are to be removed: their names go at once. Those of a message
-- that was reported are HELD, for who deals with reports alone, until no report of it is left (`expire_uploads`): one whose
-- copy names the file. A room that was removed, and opened again, has others at the same places.
CREATE OR REPLACE FUNCTION chat.drop_files(p_room TEXT, p_seq BIGINT) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET name = '', attachment = NULL,
    state = CASE WHEN EXISTS (SELECT FROM chat.reports p WHERE p.room_id = u.room_id AND p.seq = u.seq
        AND p.message -> 'attachments' @> jsonb_build_array(jsonb_build_object('id', u.upload_id)))
      THEN 'HELD' ELSE 'GONE' END
  WHERE u.room_id = p_room AND u.state NOT IN ('GONE', 'HELD') AND (p_seq IS NULL OR u.seq = p_seq);
$$;

DROP FUNCTION chat.announce_upload(text,text,text,text,text,bigint,integer,integer);

-- Notes a file that a member wants to upload: at most `p_per_hour` a user in an hour, and `p_user_bytes` in all that he has here (0: any number).
-- Outcomes: announced, TOO_MANY_BYTES (`bytes`: what he has), NOT_FOUND (no such room), NOT_A_MEMBER, BANNED, MUTED, ROOM_READ_ONLY, RATE_LIMITED (`waitMs` until the oldest counts no more).
-- `p_key_no`: the key that the name is sealed with; null: it is clear. A user's announcements wait for each other, so that the number is exact.
CREATE OR REPLACE FUNCTION chat.announce_upload(
  p_room TEXT, p_user TEXT, p_upload TEXT, p_name TEXT, p_type TEXT, p_bytes BIGINT, p_per_hour INTEGER,
  p_key_no INTEGER DEFAULT NULL, p_user_bytes BIGINT DEFAULT 0
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  restriction TEXT;
  stamp TIMESTAMPTZ;
  counts_from TIMESTAMPTZ;
  has_bytes BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  IF r.restricted THEN restriction := chat.restriction_of(p_room, p_user); END IF;
  IF restriction = 'BAN' THEN RETURN jsonb_build_object('outcome', 'BANNED'); END IF;
  IF NOT chat.is_within(r, p_user) THEN RETURN jsonb_build_object('outcome', 'NOT_A_MEMBER'); END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  IF restriction IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'MUTED'); END IF;
  IF p_per_hour > 0 OR p_user_bytes > 0 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('chat.uploads:' || p_user, 0));
  END IF;
  IF p_per_hour > 0 THEN
    stamp := clock_timestamp();
    SELECT u.created_at INTO counts_from FROM chat.uploads u
    WHERE u.user_id = p_user AND u.created_at > stamp - interval '1 hour'
    ORDER BY u.created_at DESC OFFSET p_per_hour - 1 LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'RATE_LIMITED',
        'waitMs', ceil(extract(epoch FROM counts_from + interval '1 hour' - stamp) * 1000));
    END IF;
  END IF;
  IF p_user_bytes > 0 THEN
    SELECT coalesce(sum(u.bytes), 0) INTO has_bytes FROM chat.uploads u
    WHERE u.user_id = p_user AND u.state <> 'GONE';
    IF has_bytes + p_bytes > p_user_bytes THEN
      RETURN jsonb_build_object('outcome', 'TOO_MANY_BYTES', 'bytes', has_bytes);
    END IF;
  END IF;
  IF p_key_no <> coalesce(r.key_no, 0) THEN RETURN jsonb_build_object('outcome', 'STALE'); END IF;
  INSERT INTO chat.uploads (upload_id, room_id, user_id, name, type, bytes, key_no)
  VALUES (p_upload, p_room, p_user, p_name, p_type, p_bytes, p_key_no);
  RETURN jsonb_build_object('outcome', 'announced');
END $$;

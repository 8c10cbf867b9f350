-- Frees tags, a portion at a time: those whose tokens can't be renewed any more, and those of visitors who were not
-- seen for `p_grace_s` and are members nowhere. Returns how many.
CREATE OR REPLACE FUNCTION chat.forget_tags(p_renew_days INTEGER, p_grace_s INTEGER, p_limit INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
  gone INTEGER;
BEGIN
  DELETE FROM chat.nickname_tags WHERE ctid = ANY (ARRAY(
    SELECT t.ctid FROM chat.nickname_tags t
    WHERE (NOT t.visitor AND t.used_at < clock_timestamp() - p_renew_days * interval '1 day')
      OR (t.visitor AND t.used_at < clock_timestamp() - p_grace_s * interval '1 second'
        AND NOT EXISTS (SELECT FROM chat.members m WHERE m.user_id = t.user_id))
    LIMIT p_limit FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

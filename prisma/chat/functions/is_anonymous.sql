-- Whether the id is one that this service gives to people without an account: for callers that don't say it.
CREATE OR REPLACE FUNCTION chat.is_anonymous(p_user TEXT) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
  RETURN p_user ~ '^anon-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

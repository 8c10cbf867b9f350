-- Whether a member is present, in words that no partial index answers to.
CREATE OR REPLACE FUNCTION chat.is_present(left_at TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
  RETURN coalesce(left_at, 'infinity') = 'infinity';

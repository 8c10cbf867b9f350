-- Who is restricted, as the wire shows a user.
CREATE OR REPLACE FUNCTION chat.restricted_json(x chat.restrictions) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('userId', x.user_id, 'nickname', x.nickname, 'tag', x.tag);

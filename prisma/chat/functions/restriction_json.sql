-- A restriction as the wire shows it, to those who may see it.
CREATE OR REPLACE FUNCTION chat.restriction_json(x chat.restrictions) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object('user', chat.restricted_json(x), 'kind', x.kind, 'until', chat.iso(x.until),
    'reason', x.reason, 'byUserId', x.by_user_id, 'createdAt', chat.iso(x.created_at));

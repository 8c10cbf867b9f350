-- How a user's tokens are refused, as the wire shows it to those who may see it. A block that has run out is none.
CREATE OR REPLACE FUNCTION chat.bar_json(b chat.bars) RETURNS JSONB
LANGUAGE sql VOLATILE
  RETURN jsonb_build_object(
    'userId', b.user_id,
    'block', CASE WHEN b.blocked AND (b.until IS NULL OR b.until > clock_timestamp())
      THEN jsonb_build_object('until', chat.iso(b.until), 'reason', b.reason) END,
    'revokedAt', chat.iso(to_timestamp(b.revoked_at)));

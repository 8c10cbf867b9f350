-- How a user's tokens are refused, as the wire shows it to those who may see it. A block that has run out is none.
CREATE OR REPLACE FUNCTION trade.bar_json(b trade.bars) RETURNS JSONB
LANGUAGE sql VOLATILE
  RETURN jsonb_build_object(
    'userId', b.user_id,
    'block', CASE WHEN b.blocked AND (b.until IS NULL OR b.until > clock_timestamp())
      THEN jsonb_build_object('until', trade.iso(b.until), 'reason', b.reason) END,
    'revokedAt', trade.iso(to_timestamp(b.revoked_at)));

-- A picture that a user is about to upload, under an id of his own making. `p_digest`: SHA-256 of its bytes. `p_per_hour`: how many he
-- may upload in an hour; `p_user_bytes`: bytes that all of his may have together; null of either: any number.
-- Outcomes: begun, kept (the same was uploaded before: `picture`), taken (the id has another), too_many (`amount`: milliseconds until
-- the next), too_large (`amount`: the bytes that he has).
CREATE OR REPLACE FUNCTION trade.begin_picture(
  p_id uuid, p_user text, p_digest bytea, p_bytes bigint, p_per_hour integer, p_user_bytes bigint
) RETURNS TABLE (outcome text, picture jsonb, amount bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_known trade.pictures;
  v_amount bigint;
BEGIN
  -- Those of one user one after the other: each would count without the other.
  PERFORM pg_advisory_xact_lock(hashtextextended('gongu pictures ' || p_user, 0));
  SELECT * INTO v_known FROM trade.pictures o WHERE o.id = p_id;
  IF FOUND THEN
    RETURN QUERY SELECT
      CASE WHEN v_known.user_id <> p_user OR v_known.digest <> p_digest OR v_known.gone THEN 'taken'
        WHEN v_known.type IS NULL THEN 'begun' ELSE 'kept' END,
      trade.picture_json(v_known), NULL::bigint;
    RETURN;
  END IF;
  SELECT count(*) INTO v_amount FROM trade.pictures o
  WHERE o.user_id = p_user AND o.created_at > clock_timestamp() - interval '1 hour';
  IF v_amount >= p_per_hour THEN
    RETURN QUERY SELECT 'too_many', NULL::jsonb, ceil(extract(epoch FROM (
      SELECT o.created_at FROM trade.pictures o WHERE o.user_id = p_user
      ORDER BY o.created_at DESC OFFSET p_per_hour - 1 LIMIT 1) + interval '1 hour' - clock_timestamp()) * 1000)::bigint;
    RETURN;
  END IF;
  SELECT coalesce(sum(o.bytes), 0) INTO v_amount FROM trade.pictures o WHERE o.user_id = p_user;
  IF v_amount + p_bytes > p_user_bytes THEN
    RETURN QUERY SELECT 'too_large', NULL::jsonb, v_amount;
    RETURN;
  END IF;
  INSERT INTO trade.pictures (id, user_id, digest, bytes) VALUES (p_id, p_user, p_digest, p_bytes) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    -- Of somebody else, at the same time.
    RETURN QUERY SELECT 'taken', NULL::jsonb, NULL::bigint;
    RETURN;
  END IF;
  RETURN QUERY SELECT 'begun', NULL::jsonb, NULL::bigint;
END $$;

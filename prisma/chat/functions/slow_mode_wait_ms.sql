-- Milliseconds until a member may say something again; 0 or less: now. Null where he has said nothing.
CREATE OR REPLACE FUNCTION chat.slow_mode_wait_ms(p_seconds INTEGER, p_last TIMESTAMPTZ, p_now TIMESTAMPTZ) RETURNS BIGINT
LANGUAGE sql IMMUTABLE
  RETURN ceil(1000 * p_seconds - 1000 * extract(epoch FROM p_now - p_last))::BIGINT;

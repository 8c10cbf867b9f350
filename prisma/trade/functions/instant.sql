-- The time as it is stored: cut to milliseconds, where a cast would round up, past a deadline or past a due time.
-- Never now(): that is the transaction's start, and a purchase may have waited for its row.
CREATE OR REPLACE FUNCTION trade.instant() RETURNS timestamptz
LANGUAGE sql AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
$$;

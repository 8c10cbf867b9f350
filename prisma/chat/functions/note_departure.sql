-- Remembers that a membership ended, and when it began: joins look here, so that they need not write anything.
-- `p_joined`: null where it does not count among the changes of memberships. `p_pause_s`: for how long the user stays out;
-- null where he may come back at once. `p_last_sent`: when he last said something, kept for as long as slow mode may ask for it.
CREATE OR REPLACE FUNCTION chat.note_departure(
  p_room TEXT, p_user TEXT, p_joined TIMESTAMPTZ, p_pause_s INTEGER, p_last_sent TIMESTAMPTZ DEFAULT NULL
) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  stamp TIMESTAMPTZ(3) := clock_timestamp();
  until TIMESTAMPTZ(3) := stamp + p_pause_s * interval '1 second';
BEGIN
  INSERT INTO chat.departures AS d (room_id, user_id, changes, rejoin_at, last_sent_at, expires_at)
  VALUES (p_room, p_user, CASE WHEN p_joined IS NULL THEN '{}' ELSE ARRAY[p_joined, stamp] END, until, p_last_sent,
    -- An hour: the longest slow mode.
    greatest(until, stamp + interval '1 minute', p_last_sent + interval '1 hour'))
  ON CONFLICT (room_id, user_id) DO UPDATE SET
    changes = ARRAY(SELECT t FROM unnest(d.changes || excluded.changes) t WHERE t > stamp - interval '1 minute'),
    rejoin_at = coalesce(excluded.rejoin_at, d.rejoin_at),
    last_sent_at = greatest(excluded.last_sent_at, d.last_sent_at),
    expires_at = greatest(excluded.expires_at, d.expires_at);
END $$;

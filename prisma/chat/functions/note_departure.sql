-- Remembers that a membership ended, and when it began: joins look here, so that they need not write anything.
-- `p_pause_s`: for how long the user stays out; null where he went himself.
CREATE OR REPLACE FUNCTION chat.note_departure(p_room TEXT, p_user TEXT, p_joined TIMESTAMPTZ, p_pause_s INTEGER)
RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  stamp TIMESTAMPTZ(3) := clock_timestamp();
  until TIMESTAMPTZ(3) := stamp + p_pause_s * interval '1 second';
BEGIN
  INSERT INTO chat.departures AS d (room_id, user_id, changes, rejoin_at, expires_at)
  VALUES (p_room, p_user, ARRAY[p_joined, stamp], until, greatest(until, stamp + interval '1 minute'))
  ON CONFLICT (room_id, user_id) DO UPDATE SET
    changes = ARRAY(SELECT t FROM unnest(d.changes || excluded.changes) t WHERE t > stamp - interval '1 minute'),
    rejoin_at = coalesce(excluded.rejoin_at, d.rejoin_at),
    expires_at = greatest(excluded.expires_at, d.expires_at);
END $$;

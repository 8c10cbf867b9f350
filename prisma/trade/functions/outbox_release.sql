-- Ends a claim without delivery: after `p_delay_ms` the room is due again; null parks its oldest entry. `p_error` null
-- gives the room back untried. False: the claim was lost.
CREATE OR REPLACE FUNCTION trade.outbox_release(
  p_room text, p_claim uuid, p_id bigint, p_error text, p_delay_ms integer, p_missing boolean
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE trade.outbox_rooms SET claim = NULL, due_at = trade.instant() + p_delay_ms * interval '1 millisecond',
    missing = p_missing
  WHERE room_id = p_room AND claim = p_claim;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_error IS NOT NULL THEN
    UPDATE trade.outbox SET attempts = attempts + 1, last_error = p_error,
      parked_at = CASE WHEN p_delay_ms IS NULL THEN clock_timestamp() END
    WHERE id = p_id;
  END IF;
  RETURN true;
END $$;

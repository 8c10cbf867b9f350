-- Whether there is a webhook that wants to hear of events of a type, also one that is disabled.
CREATE OR REPLACE FUNCTION chat.wants_event(p_type TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM chat.webhooks h WHERE cardinality(h.events) = 0 OR p_type = ANY (h.events));

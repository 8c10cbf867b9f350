-- Title, cap, minimum, deadline, slow mode. Null leaves a field as it is; `p_clear_min` takes the minimum away. A lower cap
-- removes guests, never buyers: those without an account beyond their share of it, then whoever gives way, `p_portion` of
-- them. Where that is not all, the wanted cap is kept in `cap_target`, and the cap itself goes down as far as it can, and
-- further with each `lower_portion`. PLACE_NEEDED (with null as `p_online`): call again with who is online. The first
-- version has six parameters. `p_by` asks, null is the service: slow mode is an act of moderation.
CREATE OR REPLACE FUNCTION chat.patch_room(
  p_room TEXT, p_title TEXT, p_max INTEGER, p_min INTEGER, p_clear_min BOOLEAN, p_expires TIMESTAMPTZ,
  p_share NUMERIC DEFAULT NULL, p_online TEXT[] DEFAULT '{}', p_portion INTEGER DEFAULT 250,
  p_slow INTEGER DEFAULT NULL, p_by TEXT DEFAULT NULL
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  before chat.rooms;
  goal chat.rooms;
  since BIGINT;
  recruiting BOOLEAN;
  beyond BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  r.cap_target := coalesce(r.cap_target, r.max_participants);
  before := r;
  r.title := coalesce(p_title, r.title);
  r.cap_target := coalesce(p_max, r.cap_target);
  r.min_participants := CASE WHEN p_clear_min THEN NULL ELSE coalesce(p_min, r.min_participants) END;
  r.expires_at := coalesce(p_expires, r.expires_at);
  r.slow_mode_seconds := coalesce(p_slow, r.slow_mode_seconds);
  IF r = before THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  IF r.status = 'CANCELLED' AND NOT r.provisional THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  -- Of its members nothing is kept there, also not when they spoke last.
  IF r.product_id IS NULL AND r.slow_mode_seconds > 0 THEN RETURN jsonb_build_object('outcome', 'IS_LOBBY'); END IF;
  recruiting := r.cap_target <> before.cap_target OR r.expires_at IS DISTINCT FROM before.expires_at
    OR r.min_participants IS DISTINCT FROM before.min_participants;
  IF recruiting AND r.status <> 'ACTIVE' AND NOT r.provisional THEN
    RETURN jsonb_build_object('outcome', 'ROOM_NOT_ACTIVE');
  END IF;
  IF r.cap_target < r.committed_count THEN RETURN jsonb_build_object('outcome', 'BELOW_BUYERS'); END IF;
  IF r.min_participants > r.cap_target THEN RETURN jsonb_build_object('outcome', 'MIN_ABOVE_MAX'); END IF;
  -- The deadline was moved while expiry already had ended the room: the move was waiting in trade's outbox.
  IF r.provisional AND r.expires_at > clock_timestamp() AND r.expires_at IS DISTINCT FROM before.expires_at THEN
    r.status := 'ACTIVE';
    r.reason := NULL;
    r.provisional := false;
    r.closed_at := NULL;
    r.clearing := false;
    r.anonymous_count := (SELECT count(*) FROM chat.members
      WHERE room_id = p_room AND anonymous AND NOT committed AND NOT host AND left_at IS NULL);
  END IF;
  IF r.cap_target <> before.cap_target AND r.cap_target < r.max_participants THEN
    goal := r;
    goal.max_participants := r.cap_target;
    beyond := CASE r.status WHEN 'ACTIVE' THEN r.anonymous_count - chat.anonymous_places(goal, p_share) ELSE 0 END;
    IF p_online IS NULL AND (beyond > 0 OR r.participant_count > r.cap_target) THEN
      RETURN jsonb_build_object('outcome', 'PLACE_NEEDED');
    END IF;
    r := chat.give_way(r, least(beyond, p_portion), 'CAP_LOWERED', p_online, true);
    r := chat.give_way(r, least(r.participant_count - r.cap_target, p_portion - (r.last_seq - since)),
      'CAP_LOWERED', p_online, false);
  END IF;
  IF r.slow_mode_seconds <> before.slow_mode_seconds THEN
    PERFORM chat.note_moderation('room.slow_mode', p_room, NULL, p_by,
      jsonb_build_object('slowModeSeconds', r.slow_mode_seconds));
  END IF;
  r := chat.approach_cap(r, p_share);
  r.last_seq :=
    chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  UPDATE chat.rooms SET title = r.title, max_participants = r.max_participants, min_participants = r.min_participants,
    expires_at = r.expires_at, status = r.status, reason = r.reason, provisional = r.provisional,
    closed_at = r.closed_at, last_seq = r.last_seq, participant_count = r.participant_count,
    anonymous_count = r.anonymous_count, clearing = r.clearing, cap_target = r.cap_target,
    slow_mode_seconds = r.slow_mode_seconds
  WHERE room_id = p_room;
  RETURN chat.room_change('changed', r, since, NULL);
END $$;

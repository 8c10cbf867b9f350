-- Goes on lowering a cap: of the listed, those guests go who are beyond the one that is wanted, in the order of the list,
-- and the cap follows. `p_anonymous`: beyond the share of guests without an account, and such guests only. Outcomes: same
-- (nothing is being lowered), changed (more are to go; `beyond`: of them, those beyond the share), lowered (that was all),
-- NOT_FOUND.
CREATE OR REPLACE FUNCTION chat.lower_portion(p_room TEXT, p_share NUMERIC, p_guests TEXT[], p_anonymous BOOLEAN)
RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  goal chat.rooms;
  before INTEGER;
  since BIGINT;
  places BIGINT;
  chosen TEXT[];
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF r.cap_target IS NULL OR r.status <> 'ACTIVE' THEN RETURN chat.room_change('same', r, since, NULL); END IF;
  goal := r;
  goal.max_participants := r.cap_target;
  places := CASE WHEN p_anonymous THEN r.anonymous_count - chat.anonymous_places(goal, p_share)
    ELSE r.participant_count - r.cap_target END;
  IF places > 0 THEN
    -- One who left or bought since the list was made is not touched.
    SELECT array_agg(c.user_id ORDER BY c.n) INTO chosen FROM (
      SELECT m.user_id, l.n FROM unnest(p_guests) WITH ORDINALITY l (user_id, n)
      CROSS JOIN LATERAL (
        SELECT m.user_id FROM chat.members m
        WHERE m.room_id = p_room AND m.user_id = l.user_id
          AND NOT m.host AND NOT m.committed AND (m.anonymous OR NOT p_anonymous)
        OFFSET 0
      ) m
      ORDER BY l.n LIMIT places) c;
  END IF;
  IF chosen IS NOT NULL THEN
    -- In the order of all who lock several members: see lock_members.
    PERFORM 1 FROM chat.members WHERE room_id = p_room AND user_id = ANY (chosen) ORDER BY user_id FOR UPDATE;
    r := chat.end_memberships(r, chosen, 'participant.removed', 'CAP_LOWERED');
  END IF;
  before := r.max_participants;
  r := chat.approach_cap(r, p_share);
  IF r.max_participants <> before THEN
    r.last_seq :=
      chat.add_system(r, 'room.updated', 'The room was updated', jsonb_build_object('room', chat.room_json(r)));
  END IF;
  UPDATE chat.rooms SET max_participants = r.max_participants, cap_target = r.cap_target, last_seq = r.last_seq,
    participant_count = r.participant_count, anonymous_count = r.anonymous_count
  WHERE room_id = p_room;
  RETURN chat.room_change(CASE WHEN r.cap_target IS NULL THEN 'lowered' ELSE 'changed' END, r, since, NULL)
    || jsonb_build_object('beyond', greatest(0, r.anonymous_count - chat.anonymous_places(goal, p_share)));
END $$;

-- Mutes or bans a user in a room, in place of what restricted him there before. `p_by` null: the service; `p_admin`: he may
-- what the host may. `p_nickname`: of one who is no member. A ban removes him (BANNED). Rows never tell the reason.
-- Outcomes: changed, same, NOT_FOUND, FORBIDDEN, PROTECTED (oneself, an admin, or a ban of the host), ROOM_READ_ONLY,
-- IS_BUYER (no ban of a buyer), UNTIL_PASSED, TOO_MANY (there are 1,000 in the room), ERASED (nobody has that id any more).
CREATE OR REPLACE FUNCTION chat.restrict_user(
  p_room TEXT, p_user TEXT, p_kind TEXT, p_until TIMESTAMPTZ, p_reason TEXT, p_nickname TEXT, p_by TEXT, p_admin BOOLEAN
) RETURNS JSONB
LANGUAGE plpgsql AS $$
DECLARE
  r chat.rooms;
  m chat.members;
  x chat.restrictions;
  known TEXT;
  present BOOLEAN;
  since BIGINT;
BEGIN
  SELECT * INTO r FROM chat.rooms WHERE room_id = p_room FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('outcome', 'NOT_FOUND'); END IF;
  since := r.last_seq;
  IF p_by IS NOT NULL AND NOT p_admin AND r.host_id IS DISTINCT FROM p_by THEN
    RETURN jsonb_build_object('outcome', 'FORBIDDEN');
  END IF;
  IF p_user = p_by OR EXISTS (SELECT FROM chat.admins a WHERE a.user_id = p_user)
    OR p_kind = 'BAN' AND r.host_id = p_user THEN
    RETURN jsonb_build_object('outcome', 'PROTECTED');
  END IF;
  IF r.status = 'CANCELLED' THEN RETURN jsonb_build_object('outcome', 'ROOM_READ_ONLY'); END IF;
  -- The trigger that keeps his id out (`refuse_erased`) would say so of who asks.
  IF chat.is_late(p_user) AND NOT EXISTS (SELECT FROM chat.erasures e WHERE e.user_id = p_user) THEN
    RETURN jsonb_build_object('outcome', 'ERASED');
  END IF;
  SELECT * INTO m FROM chat.members WHERE room_id = p_room AND user_id = p_user;
  IF p_kind = 'BAN' AND m.committed THEN RETURN jsonb_build_object('outcome', 'IS_BUYER'); END IF;
  IF p_until <= clock_timestamp() THEN RETURN jsonb_build_object('outcome', 'UNTIL_PASSED'); END IF;
  present := m.user_id IS NOT NULL AND m.left_at IS NULL;
  SELECT * INTO x FROM chat.restrictions WHERE room_id = p_room AND user_id = p_user;
  IF FOUND AND (x.until IS NULL OR x.until > clock_timestamp()) THEN
    known := x.kind;
    IF x.kind = p_kind AND x.until IS NOT DISTINCT FROM p_until AND x.reason IS NOT DISTINCT FROM p_reason THEN
      RETURN chat.room_change('same', r, since, NULL) || jsonb_build_object('restriction', chat.restriction_json(x));
    END IF;
  ELSIF (SELECT count(*) FROM chat.restrictions WHERE room_id = p_room) >= 1000 THEN
    RETURN jsonb_build_object('outcome', 'TOO_MANY');
  END IF;
  INSERT INTO chat.restrictions (room_id, user_id, kind, until, reason, nickname, tag, by_user_id)
  VALUES (p_room, p_user, p_kind, p_until, p_reason, coalesce(m.nickname, x.nickname, p_nickname),
    CASE WHEN m.user_id IS NULL THEN x.tag ELSE m.tag END, p_by)
  ON CONFLICT (room_id, user_id) DO UPDATE SET kind = excluded.kind, until = excluded.until, reason = excluded.reason,
    nickname = excluded.nickname, tag = excluded.tag, by_user_id = excluded.by_user_id, created_at = excluded.created_at
  RETURNING * INTO x;
  -- An admin may be in the room by nothing else, and an erasure looks for him there.
  IF p_admin THEN PERFORM chat.note_author(p_room, p_by); END IF;
  IF p_kind = 'MUTE' THEN
    IF known = 'BAN' THEN
      r.last_seq := chat.add_system(r, 'participant.unbanned', x.nickname || ' may come back',
        jsonb_build_object('user', chat.restricted_json(x)));
    END IF;
    r.last_seq := chat.add_system(r, 'participant.muted', x.nickname || ' was muted',
      jsonb_build_object('user', chat.restricted_json(x), 'until', chat.iso(x.until)));
  ELSIF present THEN
    PERFORM chat.note_departure(p_room, p_user, m.joined_at, NULL);
    r := chat.end_memberships(r, ARRAY[p_user], 'participant.removed', 'BANNED');
  ELSIF known IS DISTINCT FROM 'BAN' THEN
    -- He may be looking: all instances must hear of it.
    r.last_seq := chat.add_system(r, 'participant.banned', x.nickname || ' was banned',
      jsonb_build_object('user', chat.restricted_json(x)));
  END IF;
  PERFORM chat.note_moderation(CASE p_kind WHEN 'BAN' THEN 'participant.banned' ELSE 'participant.muted' END,
    p_room, p_user, p_by, jsonb_build_object('until', chat.iso(p_until), 'reason', p_reason));
  UPDATE chat.rooms SET restricted = true WHERE room_id = p_room;
  PERFORM chat.save_counters(r);
  RETURN chat.room_change('changed', r, since, NULL) || jsonb_build_object('restriction', chat.restriction_json(x));
END $$;

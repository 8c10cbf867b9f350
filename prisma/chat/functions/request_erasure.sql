-- Begins to erase a user, or says how far that is. `p_dry`: says what there is, and changes nothing.
-- Outcomes: ok, held (for a legal reason).
CREATE OR REPLACE FUNCTION chat.request_erasure(p_user TEXT, p_by TEXT, p_dry BOOLEAN)
RETURNS TABLE (outcome TEXT, erasure JSONB, amount JSONB)
LANGUAGE plpgsql AS $$
DECLARE
  e chat.erasures;
  v_amount JSONB := jsonb_build_object(
    'rooms', (SELECT count(*) FROM (SELECT a.room_id FROM chat.authors a WHERE a.user_id = p_user
      UNION SELECT m.room_id FROM chat.members m WHERE m.user_id = p_user) o),
    'heldRooms', (SELECT count(*) FROM chat.authors a WHERE a.user_id = p_user AND chat.is_held('ROOM', a.room_id)),
    'openPurchases', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.committed AND r.status = 'ACTIVE'),
    'openRooms', (SELECT count(*) FROM chat.members m JOIN chat.rooms r ON r.room_id = m.room_id
      WHERE m.user_id = p_user AND m.host AND r.status = 'ACTIVE'),
    'files', (SELECT count(*) FROM chat.uploads u WHERE u.user_id = p_user AND u.state <> 'GONE'),
    'reports', (SELECT count(*) FROM chat.reports p
      WHERE p.reporter_id = p_user OR p.message #>> '{sender,userId}' = p_user),
    'pushSubscriptions', (SELECT count(*) FROM chat.push_subscriptions s WHERE s.user_id = p_user));
BEGIN
  IF chat.is_held('USER', p_user) THEN
    RETURN QUERY SELECT 'held', NULL::JSONB, v_amount;
    RETURN;
  END IF;
  SELECT * INTO e FROM chat.erasures o WHERE o.user_id = p_user;
  IF FOUND AND NOT e.late OR p_dry THEN
    RETURN QUERY SELECT 'ok', CASE WHEN e.id IS NOT NULL THEN chat.erasure_json(e) END, v_amount;
    RETURN;
  END IF;
  PERFORM chat.note_moderation('user.erased', NULL, p_user, p_by, '{}');
  PERFORM chat.bar_user(p_user, 'revoke', NULL, NULL, p_by);
  INSERT INTO chat.erasures AS o (user_id) VALUES (p_user)
  ON CONFLICT (user_id) DO UPDATE SET late = false, requested_at = excluded.requested_at RETURNING * INTO e;
  -- Where he is by something that no row tells any more.
  INSERT INTO chat.authors (user_id, room_id)
  SELECT p_user, m.room_id FROM chat.members m WHERE m.user_id = p_user
  UNION SELECT p_user, x.room_id FROM chat.restrictions x WHERE x.by_user_id = p_user
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT 'ok', chat.erasure_json(e), v_amount;
END $$;

-- A member as the wire shows it. Who is online the database does not know: the caller says.
CREATE OR REPLACE FUNCTION chat.participant_json(m chat.members, online BOOLEAN) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'userId', m.user_id, 'nickname', m.nickname, 'tag', m.tag,
    'role', CASE WHEN m.host THEN 'HOST' WHEN m.committed THEN 'BUYER' ELSE 'GUEST' END,
    'committed', m.committed, 'online', online, 'joinedAt', chat.iso(m.joined_at), 'lastReadSeq', m.last_read_seq);

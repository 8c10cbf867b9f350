-- Erases somebody from rows of a room, by their positions: what he said becomes as what was deleted, without a sender; rows that
-- tell of him, and messages that mention him, no longer name him. One row tells of it, of all alike (`messages.erased`).
-- Returns the room with that as its newest row; the caller holds its lock.
CREATE OR REPLACE FUNCTION chat.erase_rows(r chat.rooms, p_seqs BIGINT[], p_user TEXT, p_pseudonym TEXT)
RETURNS chat.rooms
LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT JSONB := jsonb_build_object('userId', p_pseudonym, 'nickname', '', 'tag', NULL);
  stamp CONSTANT TIMESTAMPTZ(3) := clock_timestamp();
  erased BIGINT[];
  mentioning BIGINT[];
  own BIGINT[];
  ids TEXT[];
  detail JSONB;
BEGIN
  SELECT array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id = p_user OR m.kind = 'SYSTEM'),
    array_agg(m.seq ORDER BY m.seq) FILTER (WHERE m.sender_id IS DISTINCT FROM p_user AND m.kind <> 'SYSTEM')
  INTO own, erased, mentioning
  FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq = ANY (p_seqs);
  DELETE FROM chat.mentions n WHERE n.room_id = r.room_id AND (n.seq = ANY (own) OR n.user_id = p_user);
  DELETE FROM chat.reactions q WHERE q.room_id = r.room_id AND q.seq = ANY (own);
  -- Whoever is putting them into the index has done so, or sees what follows.
  PERFORM 1 FROM chat.search_rooms t WHERE t.room_id = r.room_id FOR SHARE;
  DELETE FROM chat.search_grams g WHERE g.room_id = r.room_id AND g.seq = ANY (own);
  -- Copies of what he said go with it, and files that were held for them: not what another room of this id had at these places.
  DELETE FROM chat.reports p WHERE p.room_id = r.room_id AND p.seq = ANY (own) AND NOT p.room_gone;
  UPDATE chat.uploads u SET user_id = p_pseudonym, name = '', attachment = NULL, key_no = NULL, state = 'GONE'
  WHERE u.room_id = r.room_id AND u.seq = ANY (own) AND u.user_id = p_user;
  UPDATE chat.messages m SET content = '', data = NULL, signal_type = NULL, version = r.last_seq + 1, edited_at = NULL,
    edited_version = NULL, reactions = NULL, mentions = NULL, mentions_all = NULL, masked = NULL, attachments = NULL,
    deleted_at = coalesce(m.deleted_at, stamp), key_no = NULL, client_message_id = NULL,
    sender_id = p_pseudonym, sender_nickname = '', sender_tag = NULL
  WHERE m.room_id = r.room_id AND m.seq = ANY (own);
  UPDATE chat.messages m SET version = r.last_seq + 1, data = chat.unnamed_data(m.data, nobody),
    content = CASE WHEN o.nickname <> '' AND starts_with(m.content, o.nickname || ' ')
      THEN 'Somebody' || substr(m.content, length(o.nickname) + 1) ELSE m.content END
  FROM (SELECT t.seq, coalesce(t.data #>> '{participant,nickname}', t.data #>> '{user,nickname}',
      t.data #>> '{by,nickname}', '') AS nickname
    FROM chat.messages t WHERE t.room_id = r.room_id AND t.seq = ANY (erased) AND t.kind = 'SYSTEM') o
  WHERE m.room_id = r.room_id AND m.seq = o.seq;
  UPDATE chat.messages m SET version = r.last_seq + 1, mentions = nullif(array_remove(m.mentions, p_user), '{}')
  WHERE m.room_id = r.room_id AND m.seq = ANY (mentioning);
  ids := ARRAY(SELECT r.room_id || ':' || o.seq FROM unnest(own) o (seq));
  detail := jsonb_build_object('user', nobody, 'seqs', chat.ranges_of(erased))
    || CASE WHEN mentioning IS NULL THEN '{}' ELSE jsonb_build_object('mentions', chat.ranges_of(mentioning)) END;
  IF r.pinned && ids THEN
    r.pinned := ARRAY(SELECT p.id FROM unnest(r.pinned) WITH ORDINALITY p (id, n) WHERE p.id <> ALL (ids) ORDER BY p.n);
    UPDATE chat.rooms SET pinned = r.pinned WHERE room_id = r.room_id;
    detail := detail || jsonb_build_object('pinnedMessageIds', r.pinned);
  END IF;
  INSERT INTO chat.messages (room_id, seq, chat_no, kind, content, data, created_at)
  VALUES (r.room_id, r.last_seq + 1, r.last_chat_no, 'SYSTEM', 'Messages of somebody were erased',
    jsonb_build_object('event', 'messages.erased') || detail, stamp);
  r.last_seq := r.last_seq + 1;
  RETURN r;
END $$;

-- The room as the wire shows it, without `onlineCount`, which is not lasting.
CREATE OR REPLACE FUNCTION chat.room_json(r chat.rooms) RETURNS JSONB
LANGUAGE sql STABLE
  RETURN jsonb_build_object(
    'roomId', r.room_id, 'productId', r.product_id, 'title', r.title, 'status', r.status, 'reason', r.reason,
    'hostId', r.host_id, 'maxParticipants', r.max_participants, 'minParticipants', r.min_participants,
    'participantCount', r.participant_count, 'committedCount', r.committed_count, 'lastSeq', r.last_seq,
    'pinnedMessageIds', to_jsonb(r.pinned),
    'createdAt', chat.iso(r.created_at), 'expiresAt', chat.iso(r.expires_at), 'closedAt', chat.iso(r.closed_at),
    'slowModeSeconds', r.slow_mode_seconds);

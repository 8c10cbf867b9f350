import type { Pool } from 'pg';
import type { MessageStore, Own } from '../room/ports/message-store.ts';

const LIST_SQL = `SELECT emoji, user_id AS "userId", nickname, tag, place::float8 AS place FROM chat.reactions
  WHERE room_id = $1 AND seq = $2::bigint AND ($3::text IS NULL OR emoji = $3) AND place > $4::bigint
  ORDER BY place LIMIT $5`;

/** By the key (room_id, seq, user_id, emoji): as many look-ups as messages are asked for. */
const OWN_SQL = `SELECT (
    SELECT coalesce(jsonb_object_agg(o.seq, o.emojis), '{}') FROM (
      SELECT q.seq, jsonb_agg(q.emoji ORDER BY q.place) AS emojis FROM unnest(a.seqs::bigint[]) s (seq)
      CROSS JOIN LATERAL (SELECT * FROM chat.reactions
        WHERE room_id = a.room_id AND seq = s.seq AND user_id = a.user_id OFFSET 0) q
      GROUP BY q.seq) o) AS reacted,
    CASE WHEN a.mentions_after IS NULL THEN '{}'
      ELSE chat.mentions_after(a.room_id, a.user_id, a.mentions_after)::float8[] END AS mentions
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
    WITH ORDINALITY a (room_id, user_id, seqs, mentions_after, n) ORDER BY a.n`;

/** Who reacted to a message; to which of some messages a user did, and which ones mention him. */
export function createReactionReads({ pool }: { pool: Pool }): Pick<MessageStore, 'reactions' | 'own' | 'isWithin'> {
  return {
    async reactions(roomId, seq, { emoji, after, limit }) {
      const { rows } = await pool.query({
        name: 'reactions-to',
        text: LIST_SQL,
        values: [roomId, seq, emoji, after, limit],
      });
      return rows;
    },
    async isWithin(roomId, userId) {
      const { rows } = await pool.query<{ within: boolean }>({
        name: 'is-within',
        text: 'SELECT chat.is_within(r, $2) AS within FROM chat.rooms r WHERE room_id = $1',
        values: [roomId, userId],
      });
      return rows[0]?.within ?? false;
    },
    async own(asks) {
      const { rows } = await pool.query<Own>({
        name: 'own-reactions',
        text: OWN_SQL,
        values: [
          asks.map(({ roomId }) => roomId),
          asks.map(({ userId }) => userId),
          asks.map(({ seqs }) => `{${seqs.join(',')}}`),
          asks.map(({ mentionsAfter }) => mentionsAfter),
        ],
      });
      return rows;
    },
  };
}

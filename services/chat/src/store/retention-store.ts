import { type Pool, written } from '@gongu/host';
import type { RetentionStore } from '../room/ports/retention-store.ts';

/**
 * Retention in PostgreSQL: the functions `retainable_rooms`, `retain_messages`, `removable_rooms`, `retire_room` and
 * `forget_moderations`.
 */
export function createRetentionStore({ pool }: { pool: Pool }): RetentionStore {
  return {
    async due(days, afterRoomId, limit) {
      const { rows } = await pool.query<{ room_id: string }>(
        'SELECT room_id FROM chat.retainable_rooms($1, $2, $3) AS due (room_id)',
        [days, afterRoomId, limit],
      );
      return rows.map(({ room_id: roomId }) => roomId);
    },

    removeMessages: (roomId, days, limit) =>
      written(async () => {
        const { rows } = await pool.query<{ gone: number }>('SELECT chat.retain_messages($1, $2, $3) AS gone', [
          ...[roomId, days, limit],
        ]);
        return rows[0]!.gone;
      }),

    async dueRooms(days, afterRoomId, limit) {
      const { rows } = await pool.query<{ room_id: string }>(
        'SELECT room_id FROM chat.removable_rooms($1, $2, $3) AS due (room_id)',
        [days, afterRoomId, limit],
      );
      return rows.map(({ room_id: roomId }) => roomId);
    },

    retireRoom: (roomId, days, limit) =>
      written(async () => {
        const { rows } = await pool.query<{ outcome: 'more' | 'removed' | 'kept' }>(
          'SELECT chat.retire_room($1, $2, $3) AS outcome',
          [roomId, days, limit],
        );
        return rows[0]!.outcome;
      }),

    forgetActs: (days, limit) =>
      written(async () => {
        const { rows } = await pool.query<{ gone: number }>('SELECT chat.forget_moderations($1, $2) AS gone', [
          ...[days, limit],
        ]);
        return rows[0]!.gone;
      }),

    async note(act, detail, byUserId) {
      await written(() =>
        pool.query('SELECT chat.note_moderation($1, NULL, NULL, $2, $3::jsonb)', [
          ...[act, byUserId, JSON.stringify(detail)],
        ]),
      );
    },

    async count(days) {
      const { rows } = await pool.query<{ rooms: number; messages: number }>(
        `SELECT count(*)::int AS rooms, coalesce(sum(least(
           chat.seq_at(r.room_id, clock_timestamp() - $1 * interval '1 day'),
           coalesce((SELECT min(m.seq) FROM chat.messages m WHERE m.room_id = r.room_id AND m.sender_id IN (
             SELECT h.id FROM chat.holds h WHERE h.kind = 'USER')), r.last_seq + 1)) - r.first_seq), 0)::int AS messages
         FROM chat.retainable_rooms($1, '', 2147483647) AS due (room_id) JOIN chat.rooms r USING (room_id)`,
        [days],
      );
      return rows[0]!;
    },
  };
}

import { type Pool, written } from '@gongu/host';
import type { AbsenceStore } from '../room/ports/absence-store.ts';

/** Absence in PostgreSQL: the functions `absent_rooms` and `record_absent`. */
export function createAbsenceStore({ pool }: { pool: Pool }): AbsenceStore {
  return {
    async rooms(roomIds, afterS) {
      const text = 'SELECT o.id FROM chat.absent_rooms($1, $2) o (id) ORDER BY 1';
      const { rows } = await pool.query<{ id: string }>(text, [roomIds, afterS]);
      return rows.map(({ id }) => id);
    },

    // Not tried again by itself: what was recorded, and not heard of, is told all the same.
    record: (roomId, afterS, limit) =>
      written(async () => {
        const text = 'SELECT chat.record_absent($1, $2, $3) AS count';
        const { rows } = await pool.query<{ count: number }>(text, [roomId, afterS, limit]);
        return rows[0]!.count;
      }),

    async recentRooms(roomId, limit, afterS) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT r.room_id AS id FROM chat.rooms r
         WHERE r.room_id > $1 AND r.last_chat_no > 0 AND chat.wants_event('member.absent') AND EXISTS (
           SELECT FROM chat.messages m WHERE m.room_id = r.room_id AND m.seq = r.last_seq
             AND m.created_at > clock_timestamp() - interval '1 day' - $3 * interval '1 second')
         ORDER BY r.room_id LIMIT $2`,
        [roomId, limit, afterS],
      );
      return rows.map(({ id }) => id);
    },
  };
}

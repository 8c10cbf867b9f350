import { written } from '@gongu/host';
import type { VisitorStore } from '../room/ports/visitor-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { type ChangeJson, changeOf } from './rows.ts';

/** Visitors in PostgreSQL: the functions `see_visitors`, `end_visitors` and those that forget. */
export function createVisitorStore({ prisma }: { prisma: PrismaClient }): VisitorStore {
  return {
    async seen(places) {
      await written(
        () => prisma.$queryRaw`SELECT chat.see_visitors(${places.map((place) => place.roomId)},
        ${places.map((place) => place.userId)})::text`,
      );
    },

    async roomsWithGone(graceS, limit) {
      const rows = await prisma.$queryRaw<{ room_id: string }[]>`
        SELECT DISTINCT v.room_id FROM (
          SELECT m.room_id FROM chat.members m WHERE m.seen_at < clock_timestamp() - ${graceS}::int * interval '1 second'
          ORDER BY m.seen_at LIMIT ${limit}::int) v`;
      return rows.map((row) => row.room_id);
    },

    async end(roomId, graceS, limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ change: ChangeJson | null }[]>`
        SELECT chat.end_visitors(${roomId}, ${graceS}::int, ${limit}::int) AS change`,
      );
      const change = rows[0]?.change;
      return change ? changeOf(change) : null;
    },

    async forget({ renewDays, graceS, limit }) {
      const rows = await written(
        () => prisma.$queryRaw<{ gone: number }[]>`
        SELECT greatest(chat.forget_departures(${limit}::int), chat.forget_restrictions(${limit}::int),
          chat.forget_tags(${renewDays}::int, ${graceS}::int, ${limit}::int)) AS gone`,
      );
      return rows[0]!.gone;
    },
  };
}

import { written } from '@gongu/host';
import type { Restriction } from '@gongu/shared';
import type { RestrictionStore } from '../room/ports/restriction-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { type ChangeJson, changeOf } from './rows.ts';

type RestrictedJson = ChangeJson & { restriction?: Restriction };

/** Restrictions in PostgreSQL: the functions `restrict_user` and `lift_restriction`. */
export function createRestrictionStore({ prisma }: { prisma: PrismaClient }): RestrictionStore {
  return {
    restrict: (roomId, userId, { kind, until, reason }, nickname, by) =>
      written(
        async () => {
          const rows = await prisma.$queryRaw<{ change: RestrictedJson }[]>`
            SELECT chat.restrict_user(${roomId}, ${userId}, ${kind}, ${until}::timestamptz, ${reason}, ${nickname},
              ${by.userId}, ${by.isAdmin}) AS change`;
          const { restriction, ...change } = rows[0]!.change;
          return { ...changeOf<object>(change), ...(restriction ? { restriction } : {}) } as never;
        },
        { idempotent: true },
      ),

    lift: (roomId, userId, by) =>
      written(
        async () => {
          const rows = await prisma.$queryRaw<{ change: ChangeJson }[]>`
            SELECT chat.lift_restriction(${roomId}, ${userId}, ${by.userId}, ${by.isAdmin}) AS change`;
          return changeOf(rows[0]!.change);
        },
        { idempotent: true },
      ),

    async list(roomId, { limit, afterId }) {
      const rows = await prisma.$queryRaw<{ restriction: Restriction }[]>`
        SELECT chat.restriction_json(x) AS restriction FROM chat.restrictions x
        WHERE x.room_id = ${roomId} AND x.user_id > ${afterId} COLLATE "C"
          AND (x.until IS NULL OR x.until > clock_timestamp())
        ORDER BY x.user_id COLLATE "C" LIMIT ${limit}::int`;
      return rows.map((row) => row.restriction);
    },

    async noteAdmin(userId) {
      await written(
        () => prisma.$queryRaw`
          INSERT INTO chat.admins AS a (user_id) VALUES (${userId})
          ON CONFLICT (user_id) DO UPDATE SET seen_at = clock_timestamp() RETURNING 1`,
        { idempotent: true },
      );
    },
  };
}

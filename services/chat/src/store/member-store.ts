import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { MemberStore } from '../room/ports/member-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { createJoinBatch } from './join-batch.ts';
import { createMarkBatch } from './mark-batch.ts';
import { type ChangeJson, changeOf, MEMBER_JSON_SQL, type MemberJson } from './rows.ts';

export interface MemberStoreOptions {
  readonly prisma: PrismaClient;
  /** For joins, which are many at once. */
  readonly pool: Pool;
  /** See `anonymousShare` of the store. */
  readonly share: number;
}

/** Memberships in PostgreSQL. The cap and its exceptions are the functions of prisma/chat/functions. */
export function createMemberStore({ prisma, pool, share }: MemberStoreOptions): MemberStore {
  const one = async <T>(rows: Promise<{ change: ChangeJson }[]>): Promise<T> => changeOf<T>((await rows)[0]!.change);
  return {
    join: createJoinBatch({ pool, share }),

    leave: (roomId, userId, event, reason, { pauseS, limited, byUserId = null }) =>
      written(() =>
        one(prisma.$queryRaw`SELECT chat.leave_room(${roomId}, ${userId}, ${event}, ${reason}, ${pauseS}::int,
          ${limited}, ${byUserId}) AS change`),
      ),

    commit: (roomId, userId, committed, nickname, online) =>
      written(
        () =>
          one(prisma.$queryRaw`SELECT chat.commit_participant(${roomId}, ${userId}, ${committed}, ${nickname},
            ${String(share)}::text::numeric, ${online}::text[]) AS change`),
        { idempotent: true },
      ),

    async find(roomId, userIds) {
      const rows = await prisma.$queryRawUnsafe<{ member: MemberJson }[]>(
        `SELECT ${MEMBER_JSON_SQL} AS member FROM chat.members m
        WHERE m.room_id = $1 AND m.user_id = ANY ($2::text[]) AND chat.is_present(m.left_at)`,
        roomId,
        [...userIds],
      );
      return rows.map((row) => row.member);
    },

    async isBanned(roomId, userId) {
      const rows = await prisma.$queryRaw<{ banned: boolean }[]>`
        SELECT chat.restriction_of(${roomId}, ${userId}) IS NOT DISTINCT FROM 'BAN' AS banned`;
      return rows[0]!.banned;
    },

    async list(roomId, { limit, afterSeq }) {
      const rows = await prisma.$queryRawUnsafe<{ member: MemberJson }[]>(
        `SELECT ${MEMBER_JSON_SQL} AS member FROM chat.members m
        WHERE m.room_id = $1 AND m.left_at IS NULL AND ($2::bigint IS NULL OR m.joined_seq > $2)
        ORDER BY m.joined_seq LIMIT $3`,
        roomId,
        afterSeq,
        limit,
      );
      return rows.map((row) => row.member);
    },

    markRead: createMarkBatch({ prisma }),
  };
}

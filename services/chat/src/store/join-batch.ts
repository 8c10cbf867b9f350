import type { Joining, JoinOutcome, MemberStore } from '../room/ports/member-store.ts';
import { createBatch, LOCK_NOT_AVAILABLE } from './batch.ts';
import type { PrismaClient } from './generated/client.ts';
import { type ChangeJson, changeOf } from './rows.ts';

/** Joins of any rooms, one round trip, one transaction. A locked room keeps nobody out of the others. */
export function createJoinBatch({ prisma, share }: { prisma: PrismaClient; share: number }): MemberStore['join'] {
  const batchOf = (online: readonly string[] | null) =>
    createBatch<Joining, JoinOutcome>({
      async run(batch) {
        const rows = await prisma.$queryRaw<{ change: ChangeJson }[]>`SELECT change FROM chat.join_rooms(
          ${batch.map((joining) => joining.roomId)}, ${batch.map((joining) => joining.user.userId)},
          ${batch.map((joining) => joining.user.nickname)}, ${batch.map((joining) => joining.user.tag)}::text[],
          ${batch.map((joining) => joining.online)}, ${batch.map((joining) => joining.user.anon)},
          ${batch.map((joining) => joining.user.visitor ?? false)}, ${String(share)}::text::numeric,
          ${online}::text[]) ORDER BY ord`;
        return rows.map((row) => changeOf(row.change));
      },
      // A second answer would be that he is a member already.
      idempotent: false,
      refusal: (state) => (state === LOCK_NOT_AVAILABLE ? { outcome: 'BUSY' } : undefined),
    });
  const usual = batchOf(null);
  return (joinings, online = null) => (online === null ? usual : batchOf(online))(joinings);
}

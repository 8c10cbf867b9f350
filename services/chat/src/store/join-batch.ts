import type { Joining, JoinOutcome, MemberStore } from '../room/ports/member-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { halvesByRoom, LOCK_NOT_AVAILABLE, sqlState } from './halves.ts';
import { type ChangeJson, changeOf } from './rows.ts';

/**
 * Joins of any rooms, one round trip, one transaction. A batch that a locked room holds up is halved until that room
 * stands alone: it keeps nobody out of the others.
 */
export function createJoinBatch({ prisma }: { prisma: PrismaClient }): MemberStore['join'] {
  async function fill(joinings: readonly Joining[], places: readonly number[], out: JoinOutcome[]): Promise<void> {
    const batch = places.map((place) => joinings[place]!);
    try {
      const rows = await prisma.$queryRaw<{ change: ChangeJson }[]>`SELECT change FROM chat.join_rooms(
        ${batch.map((joining) => joining.roomId)}, ${batch.map((joining) => joining.user.userId)},
        ${batch.map((joining) => joining.user.nickname)}, ${batch.map((joining) => joining.user.tag)}::text[],
        ${batch.map((joining) => joining.online)}) ORDER BY ord`;
      rows.forEach((row, i) => {
        out[places[i]!] = changeOf(row.change);
      });
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
      const parts = halvesByRoom(joinings, places);
      if (!parts) for (const place of places) out[place] = { outcome: 'BUSY' };
      else for (const part of parts) await fill(joinings, part, out);
    }
  }

  return async (joinings) => {
    const out = new Array<JoinOutcome>(joinings.length);
    await fill(
      joinings,
      joinings.map((_, place) => place),
      out,
    );
    return out;
  };
}

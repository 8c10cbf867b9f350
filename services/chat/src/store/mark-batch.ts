import type { MarkOutcome, MemberStore } from '../room/ports/member-store.ts';
import { createBatch } from './batch.ts';
import type { PrismaClient } from './generated/client.ts';

type Wanted = Parameters<MemberStore['markRead']>[0][number];

/** Read marks of any rooms, one round trip, one transaction. It waits for nobody's lock; what is locked is 'BUSY'. */
export function createMarkBatch({ prisma }: { prisma: PrismaClient }): MemberStore['markRead'] {
  return createBatch<Wanted, MarkOutcome>({
    async run(marks) {
      const rows = await prisma.$queryRaw<
        { seq: bigint | null; chat_no: bigint | null; member: boolean; moved: boolean; busy: boolean }[]
      >`SELECT seq, chat_no, member, moved, busy FROM chat.move_marks(${marks.map((mark) => mark.roomId)},
        ${marks.map((mark) => mark.userId)}, ${marks.map((mark) => mark.seq)}::bigint[]) ORDER BY ord`;
      return rows.map((row) =>
        row.busy
          ? { outcome: 'BUSY' }
          : { member: row.member, moved: row.moved, seq: Number(row.seq ?? 0), chatNo: Number(row.chat_no ?? 0) },
      );
    },
    idempotent: true,
    refusal: () => undefined,
  });
}

import { AppError } from '@gongu/shared';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { Prisma, PrismaClient } from './generated/client.ts';
import { type MessageJson, messageOf } from './rows.ts';

/** Messages in PostgreSQL. The hot ways are append-batch.ts and message-page.ts; else reading goes through Prisma. */
export function createMessageStore({
  prisma,
  append,
  page,
}: {
  prisma: PrismaClient;
  append: MessageStore['append'];
  page: MessageStore['page'];
}): MessageStore {
  return {
    append,
    page,

    async after(roomId, afterSeq, limit) {
      const rows = await prisma.message.findMany({
        where: { roomId, seq: { gt: afterSeq } },
        orderBy: { seq: 'asc' },
        take: limit,
      });
      return rows.map((row) => messageOf(jsonOf(row)));
    },

    async before(roomId, beforeSeq, limit) {
      const rows = await prisma.message.findMany({
        where: { roomId, ...(beforeSeq === null ? {} : { seq: { lt: beforeSeq } }) },
        orderBy: { seq: 'desc' },
        take: limit,
      });
      return rows.reverse().map((row) => messageOf(jsonOf(row)));
    },
  };
}

function jsonOf(row: Prisma.MessageModel): MessageJson {
  return {
    ...row,
    seq: safe(row.seq),
    chatNo: safe(row.chatNo),
    replyTo: row.replyTo === null ? null : safe(row.replyTo),
    createdAt: row.createdAt.toISOString(),
  };
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new AppError('INTERNAL', { detail: 'a position is out of range' });
  return number;
}

import { AppError, type Reaction } from '@gongu/shared';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { Prisma, PrismaClient } from './generated/client.ts';
import type { MessageJson } from './rows.ts';
import type { WholeRows } from './whole-rows.ts';

export interface MessageStoreOptions extends Pick<MessageStore, 'append'> {
  readonly prisma: PrismaClient;
  readonly changes: Pick<MessageStore, 'change' | 'react' | 'pin'>;
  readonly reactions: Pick<MessageStore, 'reactions' | 'own'>;
  readonly pages: Pick<MessageStore, 'page' | 'newestNotice'>;
  readonly whole: WholeRows;
}

/** Messages in PostgreSQL. The hot ways are append-batch.ts and message-page.ts; else reading goes through Prisma. */
export function createMessageStore({
  prisma,
  whole,
  append,
  changes,
  reactions,
  pages,
}: MessageStoreOptions): MessageStore {
  return {
    append,
    ...changes,
    ...reactions,
    ...pages,

    async after(roomId, afterSeq, limit) {
      const rows = await prisma.message.findMany({
        where: { roomId, seq: { gt: afterSeq } },
        orderBy: { seq: 'asc' },
        take: limit,
      });
      return whole(rows.map(jsonOf));
    },

    async before(roomId, before, limit) {
      const rows = await pages.page(roomId, null, { before, limit });
      return typeof rows === 'string' ? [] : rows;
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
    change:
      row.version === null && row.changesSeq === null
        ? null
        : {
            version: row.version === null ? null : safe(row.version),
            editedAt: row.editedAt?.toISOString() ?? null,
            deletedAt: row.deletedAt?.toISOString() ?? null,
            reactions: row.reactions as Reaction[] | null,
            of: row.changesSeq === null ? null : safe(row.changesSeq),
          },
  };
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new AppError('INTERNAL', { detail: 'a position is out of range' });
  return number;
}

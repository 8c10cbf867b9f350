import type { Message } from '@gongu/shared';
import type { Stored } from './evidence.ts';

/** A page of `GET /api/chat/rooms/:roomId/messages?after=&limit=`. */
interface StoredPage {
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
}

/**
 * A room as the service has stored it, by HTTP.
 *
 * @param get asks for a path below the room's own URL, such as "/messages?after=0"; "" is the room
 */
export function storedRoom(get: <T>(path: string) => Promise<T>) {
  return {
    /** Its newest `seq`. */
    head: async (): Promise<number> => (await get<{ lastSeq: number }>('')).lastSeq,

    /** All its messages, page by page. */
    async messages(): Promise<Message[]> {
      const all: Message[] = [];
      for (;;) {
        const after = all.at(-1)?.seq ?? 0;
        const { messages, hasMore } = await get<StoredPage>(`/messages?after=${after}&limit=100`);
        all.push(...messages);
        if (!hasMore || messages.length === 0) return all;
      }
    },
  };
}

/** A message of `gongu.v1` and of the routes, as the checker has it. */
export function storedOf(message: Message): Stored {
  const { roomId, seq, kind, content, sender, clientMessageId, version, data, createdAt } = message;
  const isDeleted = 'deletedAt' in message && message.deletedAt !== undefined;
  const { mentions, reactions, attachments } = message.kind === 'SYSTEM' ? {} : message;
  return {
    roomId,
    seq,
    kind,
    content,
    sender: sender?.userId ?? null,
    clientMessageId,
    version,
    data,
    createdAt,
    isDeleted,
    ...(mentions && { mentions }),
    ...(reactions && { reactions }),
    ...(attachments && { attachmentIds: attachments.map(({ id }) => id) }),
  };
}

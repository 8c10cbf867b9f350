import type { Message } from '@gongu/shared';
import type { Stored } from './evidence.ts';

/** A page of `GET /api/chat/rooms/:roomId/messages?after=&limit=`. */
export interface StoredPage {
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
}

/** All messages of a room after a `seq`, page by page. @param page asks for one page */
export async function readStored(page: (after: number) => Promise<StoredPage>, after = 0): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { messages, hasMore } = await page(all.at(-1)?.seq ?? after);
    all.push(...messages);
    if (!hasMore || messages.length === 0) return all;
  }
}

/** A message of `gongu.v1` and of the routes, as the checker has it. */
export function storedOf({ roomId, seq, kind, content, sender, clientMessageId, data }: Message): Stored {
  return { roomId, seq, kind, content, sender: sender?.userId ?? null, clientMessageId, data };
}

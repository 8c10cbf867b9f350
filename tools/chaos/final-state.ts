import { isChange, type Message } from '@gongu/shared';
import { type Calls, type FinalProduct, type FinalRoom, storedOf, storedRoom } from '@gongu/sim';
import type { Offer, Shop } from './shop.ts';

type Row = Omit<FinalRoom, 'messages' | 'members'> & { readonly onlineCount: number };
interface List<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A room as chat has it, by HTTP; null where there is none. */
export async function readRoom(calls: Calls, chatUrl: string, roomId: string): Promise<Row | null> {
  try {
    return await calls.service<Row>('GET', `${chatUrl}/api/chat/rooms/${roomId}`);
  } catch (error) {
    if (String(error).includes('404')) return null;
    throw error;
  }
}

/** A room's newest row. */
export interface Heads {
  readonly last: number;
  /** Of those that are no rows of change. */
  readonly told: number;
}

/** How far a room is, by HTTP; 0 where there is none. */
export async function readHeads(calls: Calls, chatUrl: string, roomId: string): Promise<Heads> {
  const last = (await readRoom(calls, chatUrl, roomId))?.lastSeq ?? 0;
  if (last === 0) return { last, told: 0 };
  const url = `${chatUrl}/api/chat/rooms/${roomId}/messages?before=${last + 1}&limit=1`;
  const { messages } = await calls.service<{ readonly messages: readonly Message[] }>('GET', url);
  return { last, told: messages.findLast((message) => !isChange(message))?.seq ?? 0 };
}

/** Its participants, the host among them. */
export function readMembers(calls: Calls, chatUrl: string, roomId: string): Promise<FinalRoom['members'][number][]> {
  const url = `${chatUrl}/api/chat/rooms/${roomId}/participants?limit=100`;
  return all((cursor) => calls.service('GET', url + cursor));
}

/** The same with its messages and members. */
export async function readFinalRoom(calls: Calls, chatUrl: string, roomId: string): Promise<FinalRoom | null> {
  const row = await readRoom(calls, chatUrl, roomId);
  if (!row) return null;
  const url = `${chatUrl}/api/chat/rooms/${roomId}`;
  const room = storedRoom((path) => calls.service('GET', url + path));
  const messages = (await room.messages()).map(storedOf);
  const members = await readMembers(calls, chatUrl, roomId);
  return { ...row, messages, members };
}

/** A product as trade has it, with its buyers. */
export async function readFinalProduct(shop: Shop, { id, sellerId }: Offer): Promise<FinalProduct> {
  const product = (await shop.read(sellerId, `/${id}`)) as unknown as Omit<FinalProduct, 'buyers'>;
  const rows = await all<{ userId: string }>(
    async (cursor) => (await shop.read(sellerId, `/${id}/participations?limit=100${cursor}`)) as unknown as List<never>,
  );
  return { ...product, buyers: rows.map(({ userId }) => userId) };
}

async function all<T>(page: (cursor: string) => Promise<List<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor = ''; ; ) {
    const { items: more, nextCursor } = await page(cursor);
    items.push(...more);
    if (nextCursor === null) return items;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
}

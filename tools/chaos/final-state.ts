import { createHash } from 'node:crypto';
import type { Auth } from '@gongu/host';
import { isChange, type Message } from '@gongu/shared';
import {
  type Calls,
  type FinalProduct,
  type FinalRoom,
  type Random,
  type RoomSearch,
  type Stored,
  storedOf,
  storedRoom,
} from '@gongu/sim';
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

/** How many mentions a member is told to have not read; undefined where his list does not name the room. */
async function readUnread(calls: Calls, auth: Auth, chatUrl: string, roomId: string, userId: string) {
  const token = auth.signUser({ userId, nickname: userId }, 3_600);
  const rooms = await all<{ roomId: string; unreadMentions: number }>(async (cursor) => {
    const { body } = await calls.as<List<never>>(token, 'GET', `${chatUrl}/api/chat/rooms?limit=100${cursor}`);
    return body;
  });
  return rooms.find((room) => room.roomId === roomId)?.unreadMentions;
}

const SEARCHES = 6;
const SEARCHED_CHARACTERS = 4;

/** Looks for parts of some of its messages' texts, those among them that are there no more. */
async function search(calls: Calls, url: string, messages: readonly Stored[], random: Random): Promise<RoomSearch[]> {
  const texts = messages.flatMap(({ kind, content }) =>
    kind !== 'SYSTEM' && content.length > SEARCHED_CHARACTERS ? [content] : [],
  );
  const searches: RoomSearch[] = [];
  for (const content of random.shuffle(texts).slice(0, SEARCHES)) {
    const at = random.between(0, content.length - SEARCHED_CHARACTERS);
    const text = content.slice(at, at + SEARCHED_CHARACTERS).trim();
    if (text.length < 2) continue;
    const seqs: number[] = [];
    for (let before = ''; ; before = `&before=${seqs.at(-1)}`) {
      const path = `${url}/search?q=${encodeURIComponent(text)}&limit=100${before}`;
      const page = await calls.service<{ messages: { seq: number }[]; hasMore: boolean }>('GET', path);
      seqs.push(...page.messages.map(({ seq }) => seq));
      if (!page.hasMore) break;
    }
    searches.push({ text, seqs });
  }
  return searches;
}

/** What the links of a message's files give. */
async function readFile(calls: Calls, chatUrl: string, roomUrl: string, attachmentId: string): Promise<string | null> {
  const { url } = await calls.service<{ url: string }>('GET', `${roomUrl}/attachments/${attachmentId}`);
  const answer = await fetch(new URL(url, chatUrl));
  if (!answer.ok) return null;
  return createHash('sha256')
    .update(Buffer.from(await answer.arrayBuffer()))
    .digest('hex');
}

/** The same with its messages, their marks, and members; of those who are mentioned, what they are told of it. */
export async function readFinalRoom(
  { calls, auth, chatUrl }: { readonly calls: Calls; readonly auth: Auth; readonly chatUrl: string },
  roomId: string,
  random: Random,
): Promise<FinalRoom | null> {
  const row = await readRoom(calls, chatUrl, roomId);
  if (!row) return null;
  const url = `${chatUrl}/api/chat/rooms/${roomId}`;
  const room = storedRoom((path) => calls.service('GET', url + path));
  const messages = (await room.messages()).map(storedOf);
  const mentioned = new Set(messages.flatMap(({ mentions = [] }) => mentions));
  const members: FinalRoom['members'][number][] = [];
  for (const member of await readMembers(calls, chatUrl, roomId)) {
    const { userId } = member;
    const asked = mentioned.has(userId);
    const unreadMentions = asked ? await readUnread(calls, auth, chatUrl, roomId, userId) : undefined;
    members.push({ ...member, ...(unreadMentions === undefined ? {} : { unreadMentions }) });
  }
  const reactions: { seq: number; userId: string; emoji: string }[] = [];
  for (const { seq, reactions: told } of messages) {
    if (!told) continue;
    const items = await all<{ emoji: string; user: { userId: string } }>((cursor) =>
      calls.service('GET', `${url}/messages/${seq}/reactions?limit=100${cursor}`),
    );
    reactions.push(...items.map(({ emoji, user }) => ({ seq, emoji, userId: user.userId })));
  }
  const restricted = await all<{ user: { userId: string }; kind: 'MUTE' | 'BAN'; until: string | null }>((cursor) =>
    calls.service('GET', `${url}/restrictions?limit=100${cursor}`),
  );
  const restrictions = restricted.flatMap(({ user, kind, until }) =>
    until === null ? [{ userId: user.userId, kind }] : [],
  );
  const files: { seq: number; sha256: string | null }[] = [];
  for (const { seq, attachmentIds = [] } of messages) {
    for (const id of attachmentIds) files.push({ seq, sha256: await readFile(calls, chatUrl, url, id) });
  }
  const searches = await search(calls, url, messages, random);
  return { ...row, messages, members, reactions, restrictions, files, searches };
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

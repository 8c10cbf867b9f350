import { setTimeout as sleep } from 'node:timers/promises';
import { type Probe, probe, type Statement } from '@gongu/testkit';
import type { Chat } from './chat.ts';
import type { Scenario } from './scenarios.ts';

/** What a statement is about, by its text; the first that fits. */
const KINDS = {
  /** A room, its members and its newest messages: what opening one in memory reads. */
  rooms: /jsonb_agg/,
  writes: /append_messages|join_rooms|mark_read|leave_room|open_room|set_room|expire_rooms|\bINSERT\b|\bDELETE\b/i,
  messages: /\bmessages\b.*ORDER BY/is,
  heads: /\blast_seq\b/i,
  membership: /\bFROM "?(?:chat"?\.")?(?:members|rooms)\b/i,
  others: /^/,
} as const;

export type StatementKind = keyof typeof KINDS;
export const STATEMENT_KINDS = Object.keys(KINDS) as StatementKind[];

/** Statements that PostgreSQL was given while something happened. */
export interface ReadsResult {
  readonly what: string;
  readonly counts: Readonly<Record<StatementKind, number>>;
}

const QUIET_MS = 15_000;
const FIRST = 'r0';

/** Counts what chat asks PostgreSQL for: the figures of docs/decisions/0001-caches.md. */
export async function measureReads(chat: Chat, scenario: Scenario, say: (text: string) => void) {
  const results: ReadsResult[] = [];
  const { connections, rooms } = scenario;
  const running = await chat.subject.start({
    ...{ instances: 1, connections, label: 'reads' },
    rooms: Array.from({ length: rooms }, (_, i) => `r${i}`),
  });
  const tokens = Array.from({ length: connections }, (_, i) => chat.token(`user-${i}`));
  const url = `127.0.0.1:${running.ports[0]}`;

  async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
    await sleep(1_500); // what the phase before has left
    const counts = Object.fromEntries(STATEMENT_KINDS.map((kind) => [kind, 0])) as Record<StatementKind, number>;
    chat.onStatement(({ text }: Statement) => {
      counts[STATEMENT_KINDS.find((kind) => KINDS[kind].test(text))!]++;
    });
    await work();
    chat.onStatement(null);
    say(`reads: ${what}: ${JSON.stringify(counts)}`);
    results.push({ what, counts });
  }
  async function join(i: number, roomId: string, after: number): Promise<Probe> {
    const socket = await probe(`ws://${url}/ws`, { protocols: ['gongu.v1', `bearer.${tokens[i]}`], timeoutMs: 30_000 });
    socket.send({ type: 'join', roomId, after });
    await socket.next((frame) => frame.type === 'joined');
    return socket;
  }
  const joinAll = (roomOf: (i: number) => string, after = 0) =>
    Promise.all(tokens.map((_, i) => join(i, roomOf(i), after)));
  const leave = (sockets: readonly Probe[]) => {
    for (const socket of sockets) socket.terminate();
  };
  async function talk(count: number): Promise<void> {
    const socket = await join(0, FIRST, 0);
    for (let i = 0; i < count; i++) {
      socket.send({ type: 'send', roomId: FIRST, clientMessageId: `${Date.now()}-${i}`, content: '가'.repeat(50) });
      await socket.next((frame) => frame.type === 'ack');
    }
    socket.terminate();
  }

  try {
    const toFirst = () => FIRST;
    const toAll = (i: number) => `r${i % rooms}`;
    const come = async (roomOf: (i: number) => string, after = 0) => leave(await joinAll(roomOf, after));
    await measured(`${connections} new members join one room at once`, () => come(toFirst));
    await talk(300);
    await measured(`${connections} members come back to a room in memory`, () => come(toFirst, connections));
    await running.crash();
    await measured(`${connections} members of one room come back to an instance that was killed`, () =>
      come(toFirst, connections),
    );
    await come(toAll);
    await running.crash();
    await measured(`${connections} members of ${rooms} rooms come back to an instance that was killed`, () =>
      come(toAll),
    );
    await measured('200 messages sent one after the other', () => talk(200));
    await measured(`${connections} × GET /api/chat/rooms/:roomId`, async () => {
      for (const token of tokens) {
        await fetch(`http://${url}/api/chat/rooms/${FIRST}`, { headers: { authorization: `Bearer ${token}` } });
      }
    });
    const sockets = await joinAll(toAll);
    await measured(`${QUIET_MS / 1_000} s of quiet, ${rooms} rooms open`, () => sleep(QUIET_MS));
    leave(sockets);
  } finally {
    await running.stop();
  }
  return results;
}

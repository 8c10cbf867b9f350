import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { probe } from '@gongu/testkit';
import type { Chat } from './chat.ts';
import { median } from './median.ts';

export interface ChangesResult {
  readonly what: string;
  /** Milliseconds from one answer to the next, one client in turn: median of the portions. */
  readonly ms: number;
  /** Of each portion, to the messages of the same one. */
  readonly ratios: readonly number[];
}

const ROOM = 'bench-changes';
const PORTIONS = 40;
const PORTION = 50;
const TEXT = 'x'.repeat(100);

/**
 * What a row of change costs beside a message of its size: one client that waits for each answer, kinds interleaved, and
 * somebody who has the room open.
 */
export async function measureChanges(chat: Chat, say: (text: string) => void): Promise<ChangesResult[]> {
  const running = await chat.subject.start({ instances: 1, connections: 1, rooms: [ROOM], label: 'changes' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const token = chat.token('writer');
  const ask = (method: string, path: string, body: object | null) =>
    new Promise<string>((resolve, reject) => {
      const asking = request(`http://127.0.0.1:${running.ports[0]}/api/chat/rooms/${ROOM}${path}`, {
        ...{ agent, method },
        headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      });
      asking.on('error', reject);
      asking.on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part) => (text += part));
        answer.on('error', reject);
        answer.on('end', () =>
          (answer.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(`${method} ${path}: ${text}`)),
        );
      });
      asking.end(body ? JSON.stringify(body) : undefined);
    });
  const emoji = encodeURIComponent('👍');
  let seqs: number[] = [];
  const kinds: Record<string, (i: number) => Promise<unknown>> = {
    'a message': async () => {
      const sent = await ask('POST', '/messages', { clientMessageId: randomUUID(), content: TEXT });
      seqs.push((JSON.parse(sent) as { seq: number }).seq);
    },
    'an edit': (i) => ask('PATCH', `/messages/${seqs[i]}`, { content: `y${TEXT.slice(1)}` }),
    'a reaction': (i) => ask('PUT', `/messages/${seqs[i]}/reactions/${emoji}`, null),
    'a deletion': (i) => ask('DELETE', `/messages/${seqs[i]}`, null),
  };
  const times = new Map(Object.keys(kinds).map((what) => [what, [] as number[]]));
  try {
    await ask('POST', '/participants', {});
    const listener = await probe(`ws://127.0.0.1:${running.ports[0]}/ws`, {
      protocols: ['gongu.v1', `bearer.${chat.token('writer')}`],
    });
    listener.send({ type: 'join', roomId: ROOM });
    await listener.next(({ type }) => type === 'joined');
    for (let portion = -2; portion < PORTIONS; portion++) {
      seqs = [];
      for (const [what, run] of Object.entries(kinds)) {
        const began = performance.now();
        for (let i = 0; i < PORTION; i++) await run(i);
        if (portion >= 0) times.get(what)!.push((performance.now() - began) / PORTION);
      }
    }
  } finally {
    agent.destroy();
    await running.stop();
  }
  const messages = times.get('a message')!;
  return [...times].map(([what, portions]) => {
    const ratios = portions.map((ms, i) => ms / messages[i]!);
    say(`changes: ${what}: ${median(portions).toFixed(2)} ms, ${median(ratios).toFixed(2)} of a message`);
    return { what, ms: median(portions), ratios };
  });
}

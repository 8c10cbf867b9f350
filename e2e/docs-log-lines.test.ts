import { readFileSync } from 'node:fs';
import { type ChatService, inRepository, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';

type Line = Readonly<Record<string, unknown>>;

let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService({ ALLOWED_ORIGINS: 'https://shop.example', FIRST_FRAME_MS: '300' });
});
afterAll(() => chat?.close());

/** Differ from run to run; of the rest a sample says what the service says. */
const OWN = new Set(['time', 'pid', 'connectionId', 'requestId', 'userId', 'ms']);

/** The sample lines of docs/troubleshooting.md, block by block. */
const samples = [
  ...readFileSync(inRepository('docs/troubleshooting.md'), 'utf8').matchAll(/^ *```\n((?: *\{"level".*\n)+) *```/gm),
].map(([, block]) =>
  block!
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line),
);

/** A socket of /ws; what it says in its first frame, and what it comes from, where anything. */
function open(query: string, first?: object, origin?: string): WebSocket {
  const socket = new WebSocket(`${chat.url.replace('http', 'ws')}/ws${query}`, 'gongu.v1', { origin });
  socket.on('error', () => {});
  if (first) socket.on('open', () => socket.send(JSON.stringify(first)));
  return socket;
}

/** What the service writes while `work` goes on, up to a line with this `event` (or `msg`). */
async function written(work: () => WebSocket, last: string): Promise<Line[]> {
  const from = chat.process.lines.length;
  // The end of the socket before comes when it comes.
  const before = new Set<unknown>(chat.process.lines.flatMap(({ connectionId }) => connectionId ?? []));
  const socket = work();
  const since = () =>
    chat.process.lines.slice(from).filter(({ connectionId }) => !before.has(connectionId)) as unknown as Line[];
  await expect.poll(() => since().some(({ event, msg }) => event === last || msg === last)).toBe(true);
  socket.terminate();
  return since();
}

it('the sample lines of docs/troubleshooting.md are lines that the service writes', async () => {
  const expired = chat.token('eve', { expiresInSeconds: -100 });
  const runs = [
    await written(() => open(`?token=${chat.token('bob')}`), 'handshake.accepted'),
    await written(() => open('', { type: 'auth', token: chat.token('ann') }), 'session.authenticated'),
    await written(() => open(''), 'session.closed'),
    await written(() => open(`?token=${expired}`), 'request'),
    await written(() => open('', { type: 'auth', token: expired }), 'session.closed'),
    await written(() => open(`?token=${chat.token('ann')}`, undefined, 'https://evil.example'), 'handshake.rejected'),
  ];
  expect(samples).toHaveLength(runs.length);
  for (const [i, sample] of samples.entries()) {
    const wanted = new Set(sample.map(({ event, msg }) => event ?? msg));
    const lines = runs[i]!.filter(({ event, msg }) => wanted.has(event ?? msg)).slice(0, sample.length);
    expect(lines.map((line) => Object.keys(line))).toEqual(sample.map((line) => Object.keys(line)));
    const said = (line: Line) => Object.fromEntries(Object.entries(line).filter(([name]) => !OWN.has(name)));
    expect(lines.map(said)).toEqual(sample.map(said));
    // What belongs together says so in both.
    for (const id of ['connectionId', 'requestId', 'userId', 'pid']) {
      const kinds = (all: readonly Line[]) =>
        new Set(all.map((line) => line[id]).filter((value) => value != null)).size;
      expect([id, kinds(lines)]).toEqual([id, kinds(sample)]);
    }
  }
});

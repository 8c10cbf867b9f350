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

const nameOf = ({ event, msg }: Line) => event ?? msg;

/** What the service writes while `work` goes on, up to the last line of the sample. */
async function written(sample: readonly Line[], work: () => WebSocket, tries = 5): Promise<Line[]> {
  const from = chat.process.lines.length;
  // The end of the socket before comes when it comes.
  const before = new Set<unknown>(chat.process.lines.flatMap(({ connectionId }) => connectionId ?? []));
  const socket = work();
  const since = () =>
    chat.process.lines.slice(from).filter(({ connectionId }) => !before.has(connectionId)) as unknown as Line[];
  const isWhole = () =>
    sample.every((line) => since().some((one) => nameOf(one) === nameOf(line) && one.code === line.code));
  await expect.poll(() => isWhole() || since().some(({ event }) => event === 'session.closed')).toBe(true);
  socket.terminate();
  // Where the machine stood still, FIRST_FRAME_MS was over before the first frame came.
  return isWhole() || tries === 1 ? since() : written(sample, work, tries - 1);
}

it('the sample lines of docs/troubleshooting.md are lines that the service writes', async () => {
  const expired = chat.token('eve', { expiresInSeconds: -100 });
  const works = [
    () => open(`?token=${chat.token('bob')}`),
    () => open('', { type: 'auth', token: chat.token('ann') }),
    () => open(''),
    () => open(`?token=${expired}`),
    () => open('', { type: 'auth', token: expired }),
    () => open(`?token=${chat.token('ann')}`, undefined, 'https://evil.example'),
  ];
  expect(samples).toHaveLength(works.length);
  for (const [i, sample] of samples.entries()) {
    const wanted = new Set(sample.map(nameOf));
    const run = await written(sample, works[i]!);
    const lines = run.filter((line) => wanted.has(nameOf(line))).slice(0, sample.length);
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

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { readMarkdown, tcpProxy } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { frameProxy } from './fixture/frame-proxy.ts';
import { call, type Pair, startPair } from './fixture/pair.ts';

interface Shown {
  readonly seq: number;
  readonly kind: string;
  readonly content: string;
}

/** In place of the sample's, so that no test waits for it. */
const PULSE_MS = 1_500;
const WS = pathToFileURL(createRequire(import.meta.url).resolve('ws')).href;

/** The sample as it stands in the README, but for its address: what is typed is sent, what it shows is printed. */
function program(address: string): string {
  const samples = readMarkdown('README.md').blocks.filter(({ text }) => text.includes('new WebSocket('));
  expect(samples).toHaveLength(1);
  const text = samples[0]!.text.replace('wss://shop.example/ws', address).replace('15_000', String(PULSE_MS));
  expect(text).toContain(address);
  expect(text).toContain(`}, ${PULSE_MS});`);
  return `
import { createInterface } from 'node:readline';
const { default: Ws } = await import(process.argv[4]);
// Node 20 has none. A browser's does not throw what nobody listens for.
globalThis.WebSocket ??= class extends Ws {
  constructor(...all) {
    super(...all);
    this.addEventListener('error', () => {});
  }
};
${text}
const print = (value) => console.log(JSON.stringify(value));
const Socket = globalThis.WebSocket;
globalThis.WebSocket = class extends Socket {
  constructor(...all) {
    super(...all);
    this.addEventListener('message', ({ data }) => data.includes('"type":"error"') && print({ refused: JSON.parse(data) }));
    this.addEventListener('message', ({ data }) => data.includes('"type":"joined"') && print({ joined: true }));
  }
};
const [token, roomId] = process.argv.slice(2);
const send = connect(roomId, async () => token, (message) => print({ message }));
createInterface({ input: process.stdin }).on('line', send);
`;
}

describe('the socket sample of the README', () => {
  let pair: Pair;
  const folder = mkdtempSync(join(tmpdir(), 'gongu-readme-'));

  beforeAll(async () => {
    pair = await startPair({ trade: false, chatEnv: { RATE_CHANGES_PER_SECOND: '1' } });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await pair?.stop();
  });

  /** Runs it, as that user, against a chat at `url`. */
  function run(url: string, userId: string, roomId: string) {
    const file = join(folder, `${userId}.mjs`);
    writeFileSync(file, program(`${url.replace(/^http/, 'ws')}/ws`));
    const child: ChildProcess = spawn(process.execPath, [file, pair.user(userId), roomId, WS]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const shown: Shown[] = [];
    const refused: { ref?: string; code: string }[] = [];
    let joins = 0;
    let faults = '';
    child.stderr!.on('data', (text) => (faults += text));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const told = JSON.parse(line) as { message?: Shown; refused?: (typeof refused)[number] };
      if (told.message) shown.push(told.message);
      else if (told.refused) refused.push(told.refused);
      else joins++;
    });
    const texts = () => shown.filter(({ kind }) => kind === 'CHAT').map(({ content }) => content);
    return {
      shown,
      refused,
      get isIn() {
        return joins > 0;
      },
      say: (text: string) => void child.stdin!.write(`${text}\n`),
      joined: (times: number) => expect.poll(() => (faults === '' ? joins : faults)).toBeGreaterThanOrEqual(times),
      /** All of them, in any order, and nothing twice, missing or out of turn. */
      async has(expected: readonly string[]) {
        await expect.poll(() => texts().length).toBeGreaterThanOrEqual(expected.length);
        expect(texts().sort()).toEqual([...expected].sort());
        expect(shown.map(({ seq }) => seq)).toEqual(shown.map((_, i) => shown[0]!.seq + i));
        expect(faults).toBe('');
      },
    };
  }

  /** What the room holds of people's texts. */
  async function stored(roomId: string): Promise<string[]> {
    const path = `${pair.chat.url}/api/chat/rooms/${roomId}/messages?limit=100`;
    const { body } = await call('GET', path, pair.service());
    return (body.messages as Shown[]).filter(({ kind }) => kind === 'CHAT').map(({ content }) => content);
  }

  it('stores and shows each message once, whether it was written before, while or after the network was cut', async () => {
    const roomId = 'sampled';
    await pair.room(roomId);
    const proxy = await tcpProxy({ target: pair.chat.url });
    onTestFinished(() => proxy.close());
    const ann = run(proxy.through(pair.chat.url).replace(/\/$/, ''), 'ann', roomId);
    const bob = run(pair.chat.url, 'bob', roomId);
    await ann.joined(1);
    await bob.joined(1);
    const written: string[] = [];
    const says = (who: typeof ann, text: string) => {
      written.push(text);
      who.say(text);
    };
    for (let round = 1; round <= 3; round++) {
      says(ann, `before cut ${round}`);
      says(bob, `bob before cut ${round}`);
      await ann.has(written);
      // What is in flight is sent into a network that swallows it, then the connection breaks.
      proxy.blackHole();
      says(ann, `into the hole ${round}`);
      says(bob, `bob meanwhile ${round}`);
      await bob.has(written.filter((text) => !text.startsWith('into the hole') || !text.endsWith(String(round))));
      await proxy.refuse();
      proxy.cut();
      says(ann, `without a network ${round}`);
      await proxy.pass();
      says(ann, `at its return ${round}`);
      await ann.joined(round + 1);
      says(ann, `after cut ${round}`);
      says(bob, `bob after cut ${round}`);
      await ann.has(written);
      await bob.has(written);
    }
    expect((await stored(roomId)).sort()).toEqual([...written].sort());
    expect(ann.shown.slice(-written.length).map(({ seq }) => seq)).toEqual(
      bob.shown.slice(-written.length).map(({ seq }) => seq),
    );
  });

  it('begins anew where the room is another one, whose numbers begin again', async () => {
    await pair.room('restored');
    const proxy = await tcpProxy({ target: pair.chat.url });
    onTestFinished(() => proxy.close());
    const ann = run(proxy.through(pair.chat.url).replace(/\/$/, ''), 'ann', 'restored');
    await ann.joined(1);
    for (const text of ['하나', '둘', '셋', '넷']) ann.say(text);
    await ann.has(['하나', '둘', '셋', '넷']);
    await proxy.refuse();
    proxy.cut();
    const room = `${pair.chat.url}/api/chat/rooms/restored`;
    expect((await call('DELETE', room, pair.service())).status).toBe(204);
    await pair.room('restored');
    await proxy.pass();
    await ann.joined(2);
    ann.say('새 방');
    await expect.poll(() => ann.shown.at(-1)?.content).toBe('새 방');
    expect(await stored('restored')).toEqual(['새 방']);
  });

  it('notices a network that has gone without a word, and comes back', async () => {
    await pair.room('half-open');
    const proxy = await tcpProxy({ target: pair.chat.url });
    onTestFinished(() => proxy.close());
    const ann = run(proxy.through(pair.chat.url).replace(/\/$/, ''), 'ann', 'half-open');
    await ann.joined(1);
    // The connection stays open, and nothing comes through it any more: nobody ever closes it.
    proxy.blackHole();
    ann.say('아직 있어요');
    await expect.poll(() => proxy.connections).toBeGreaterThan(1);
    proxy.cut();
    await proxy.pass();
    await ann.joined(2);
    await ann.has(['아직 있어요']);
  });

  it('waits for the room of a product that was created a moment ago', async () => {
    const early = run(pair.chat.url, 'early', 'not-yet');
    early.say('벌써 왔어요');
    await expect.poll(() => early.refused.length).toBeGreaterThanOrEqual(1);
    expect(early.refused[0]).toMatchObject({ code: 'NOT_FOUND', ref: 'join' });
    await pair.room('not-yet');
    await early.has(['벌써 왔어요']);
  });

  it('repeats a join that came too soon after others when it may', async () => {
    let rooms = 0;
    /** Joins one more room, where he may. */
    async function joinAnother(): Promise<boolean> {
      const path = `${pair.chat.url}/api/chat/rooms/before-${rooms}/participants`;
      const { status } = await call('POST', path, pair.user('cat'), {});
      if (status === 201) await pair.room(`before-${++rooms}`);
      return status === 201;
    }
    await pair.room('before-0');
    for (let n = 0; ; n++) {
      const roomId = `too-soon-${n}`;
      await pair.room(roomId);
      while (await joinAnother());
      const cat = run(pair.chat.url, 'cat', roomId);
      // However long the program takes to start: what is given back meanwhile is used up, by him or by it.
      while (cat.refused.length === 0 && !cat.isIn) await joinAnother();
      if (cat.refused.length === 0) continue;
      cat.say('이제 왔어요');
      await cat.has(['이제 왔어요']);
      expect(cat.refused).toMatchObject([{ code: 'RATE_LIMITED', ref: 'join' }]);
      expect(await stored(roomId)).toEqual(['이제 왔어요']);
      return;
    }
  });

  it('repeats a join, and a message, that the service could not serve', async () => {
    await pair.room('unserved');
    const refusedOnce = new Set<string>();
    const proxy = await frameProxy({
      target: pair.chat.url,
      deliver(text) {
        const { type, ref } = JSON.parse(text) as { type: string; ref?: string };
        if ((type !== 'joined' && type !== 'ack') || refusedOnce.has(type)) return [text];
        refusedOnce.add(type);
        return [
          JSON.stringify({ type: 'error', ref, code: 'UNAVAILABLE', message: 'away', retryAfterMs: 50, errors: [] }),
        ];
      },
    });
    onTestFinished(() => proxy.close());
    const dan = run(proxy.url, 'dan', 'unserved');
    dan.say('들려요?');
    await dan.has(['들려요?']);
    await expect.poll(() => dan.refused.length).toBe(2);
    dan.say('들리네요');
    await dan.has(['들려요?', '들리네요']);
    expect(await stored('unserved')).toEqual(['들려요?', '들리네요']);
  });
});

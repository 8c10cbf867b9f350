import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { checkFrame, inRepository, type Probe, probe } from '@gongu/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

describe('examples/talk.mjs', () => {
  const roomId = 'talked-about';
  let pair: Pair;
  let ann: Probe;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    pair = await startPair({ trade: false });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const room = { productId: roomId, title: '제주 감귤', hostId: 'seller', maxParticipants: 9, expiresAt };
    expect((await call('POST', `${pair.chat.url}/api/chat/rooms`, pair.service(), room)).status).toBe(201);
    ann = await probe(pair.chat.ws, { protocols: ['gongu.v1', `bearer.${pair.user('ann')}`], check: checkFrame });
    ann.send({ type: 'join', ref: 'j', roomId });
    await ann.next((frame) => frame.type === 'joined');
  });
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  afterAll(async () => {
    ann?.terminate();
    await pair?.stop();
  });

  function talk(...args: string[]) {
    const child = spawn(process.execPath, [inRepository('examples/talk.mjs'), ...args], {
      env: { PATH: process.env.PATH, CHAT_URL: pair.chat.url },
    });
    running.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    const prints = (text: string | RegExp) => expect.poll(() => output).toMatch(text);
    return { child, prints, output: () => output, exited: once(child, 'exit') };
  }
  const heard = (content: string) => ann.next((frame) => frame.type === 'message' && frame.content === content);

  it('says its line in the room, then what is typed, prints what it hears, and ends with Ctrl-C', async () => {
    const bob = talk(pair.user('bob'), roomId, '안녕하세요');
    expect(await heard('안녕하세요')).toMatchObject({ kind: 'CHAT', sender: { userId: 'bob' } });
    await bob.prints(/^\* signed in as /m);
    await bob.prints(/^\* in "제주 감귤" \(ACTIVE\) with 2 participants$/m);
    await bob.prints(/^\* stored as number \d+$/m);
    bob.child.stdin.write('몇 명 남았나요?\n');
    await heard('몇 명 남았나요?');
    ann.send({ type: 'send', roomId, clientMessageId: 'a-1', content: '두 명이요' });
    await bob.prints(/^\d+ [^\n]+: 두 명이요$/m);
    bob.child.kill('SIGINT');
    expect(await bob.exited).toEqual([0, null]);
    expect(bob.output()).toMatch(/\* closed: 1000/);
  });

  it('says how it is called when something is missing, and why when it is not let in', async () => {
    const unsaid = talk(pair.user('bob'));
    expect(await unsaid.exited).toEqual([2, null]);
    expect(unsaid.output()).toContain('usage: node examples/talk.mjs <token> <room> [text]');
    const stranger = talk('no.such.token', roomId);
    expect(await stranger.exited).toEqual([1, null]);
    expect(stranger.output()).toMatch(/^! UNAUTHENTICATED: /m);
  });
});

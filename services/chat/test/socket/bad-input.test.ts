import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import type { Client } from '../fixture/client.ts';
import { said } from '../fixture/log-lines.ts';
import { maskedFrame, rawUpgrade } from '../fixture/raw-http.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
let roomId: string;
let witness: Client;
beforeAll(async () => {
  chat = await given.start();
  roomId = await chat.room();
  witness = await chat.connect('witness');
  await witness.join(roomId);
});

/** Every frame that a client may send, good as it is. */
const frames = (): Record<string, unknown>[] => [
  { type: 'auth', token: tokenOf('ann') },
  { type: 'join', roomId, after: 0 },
  { type: 'watch', roomId, after: 0 },
  { type: 'unwatch', roomId },
  { type: 'send', roomId, clientMessageId: 'c', content: said('?'), kind: 'CHAT', replyTo: `${roomId}:1` },
  { type: 'typing', roomId, typing: true },
  { type: 'read', roomId, seq: 1 },
  { type: 'history', roomId, before: 2, limit: 1 },
  { type: 'unsubscribe', roomId },
  { type: 'leave', roomId },
  { type: 'ping' },
];
const TEXTS = ['\u0000', 'a\u0000b', '\ud83c', '\udf4a', `x${'\ud83c'}y`];
const VALUES = [[], {}, [[]], true, false, -1, 1.5, 2 ** 53, 1e300, { $gt: '' }, { length: 3 }, 'x'.repeat(9_000)];

describe('every frame', () => {
  it('with a text that can not be stored, or a value of another kind, is refused with its field, and nothing happens', async () => {
    const ann = await chat.connect('ann');
    let refs = 0;
    for (const frame of frames()) {
      for (const field of Object.keys(frame).filter((name) => name !== 'type')) {
        for (const value of [...TEXTS, ...VALUES]) {
          if (field === 'typing' && typeof value === 'boolean') continue;
          const ref = `${++refs}`;
          ann.send({ ...frame, ref, [field]: value });
          const answer = await ann.next((one) => one.ref === ref);
          const what = `${frame.type} ${field} ${JSON.stringify(value).slice(0, 20)}`;
          // A token is a text: that it is garbage is found out later.
          const code =
            field === 'token' && typeof value === 'string' ? /VALIDATION_FAILED|UNAUTHENTICATED/ : /VALIDATION_FAILED/;
          expect([what, answer.type], what).toEqual([what, 'error']);
          expect(answer.code, what).toMatch(code);
          if (answer.code === 'VALIDATION_FAILED' && answer.errors.length > 0) {
            expect(answer.errors[0].path.split('.')[0], what).toBe(field);
          }
        }
      }
      for (const ref of ['', 'x'.repeat(65), 'a\u0000', 7, [], {}]) {
        ann.send({ ...frame, ref });
        expect(await ann.event('error'), `${frame.type} ref ${JSON.stringify(ref)}`).toMatchObject({
          code: 'VALIDATION_FAILED',
        });
      }
    }
    await witness.none(100, (one) => one.type === 'message');
  });

  it('without a field that it needs is refused', async () => {
    const ann = await chat.connect('ann');
    const needed: Record<string, string[]> = {
      auth: ['token'],
      join: ['roomId'],
      watch: ['roomId'],
      unwatch: ['roomId'],
      send: ['roomId', 'clientMessageId', 'content'],
      typing: ['roomId', 'typing'],
      read: ['roomId', 'seq'],
      history: ['roomId'],
      unsubscribe: ['roomId'],
      leave: ['roomId'],
    };
    for (const frame of frames()) {
      for (const field of needed[frame.type as string] ?? []) {
        const { [field]: _, ...rest } = frame;
        ann.send({ ...rest, ref: field });
        expect(await ann.next((one) => one.ref === field), `${frame.type} without ${field}`).toMatchObject({
          ...{ code: 'VALIDATION_FAILED', errors: [{ path: field }] },
        });
      }
    }
  });

  it('may carry any unknown fields, __proto__ and deep ones too', async () => {
    const ann = await chat.connect('ann');
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    ann.send(`{"type":"ping","ref":"1","__proto__":{"admin":true},"x":${deep}}`);
    expect(await ann.next()).toMatchObject({ type: 'pong', ref: '1' });
    ann.send(`{"type":"ping","ref":"2","constructor":{"prototype":{"admin":true}}}`);
    expect(await ann.next()).toMatchObject({ type: 'pong', ref: '2' });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('naming a room that is not there, or not one’s own, is refused without telling more than over HTTP', async () => {
    const ann = await chat.connect('ann-the-stranger');
    const answers: Record<string, string> = {};
    for (const frame of frames().filter(
      (one) => 'roomId' in one && one.type !== 'join' && one.type !== 'unsubscribe',
    )) {
      ann.send({ ...frame, replyTo: null, ref: 'here' });
      const here = await ann.next((one) => one.ref === 'here');
      ann.send({ ...frame, replyTo: null, ref: 'nowhere', roomId: 'nowhere' });
      const nowhere = await ann.next((one) => one.ref === 'nowhere');
      answers[frame.type as string] = `${here.code ?? here.type} ${nowhere.code ?? nowhere.type}`;
    }
    expect(answers).toEqual({
      watch: 'joined NOT_FOUND',
      unwatch: 'unwatched unwatched',
      send: 'NOT_A_MEMBER NOT_FOUND',
      typing: 'NOT_A_MEMBER NOT_A_MEMBER',
      read: 'NOT_A_MEMBER NOT_FOUND',
      history: 'page NOT_FOUND',
      leave: 'ok NOT_FOUND',
    });
  });
});

describe('bytes that are no frame', () => {
  it('end their own socket with the code of the standard, and nobody else’s', async () => {
    const path = `/ws?token=${tokenOf('ann')}`;
    const odd: Record<string, { frame: Buffer; code: number }> = {
      'not masked': { frame: Buffer.from([0x81, 0x02, 0x7b, 0x7d]), code: 1002 },
      'a reserved bit': { frame: maskedFrame('{}', 0xf1), code: 1002 },
      'a reserved opcode': { frame: maskedFrame('{}', 0x83), code: 1002 },
      'no UTF-8': { frame: maskedFrame(Buffer.from([0xff, 0xff])), code: 1007 },
      'a fragmented ping': { frame: maskedFrame('x', 0x09), code: 1002 },
      'a continuation of nothing': { frame: maskedFrame('x', 0x80), code: 1002 },
      'a length of 2 ** 63': {
        frame: Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
        code: 1009,
      },
    };
    for (const [what, { frame, code }] of Object.entries(odd)) {
      const answer = await rawUpgrade(chat.port, path, {
        headers: { 'sec-websocket-protocol': 'gongu.v1' },
        rest: frame,
        until: /never/, // ends with the connection
      });
      const bytes = Buffer.from(answer, 'latin1');
      const close = bytes.lastIndexOf(0x88);
      expect([what, bytes.readUInt16BE(close + 2)]).toEqual([what, code]);
    }
    expect(await witness.ask({ type: 'ping' }, 'pong')).toMatchObject({ type: 'pong' });
  });
});

describe('after all of this', () => {
  it('nothing was stored, nobody was thrown out, and the service works', async () => {
    const { messages } = await witness.ask({ type: 'history', roomId, after: 0 }, 'page');
    expect(messages.map((message) => message.content)).toEqual(['제주 감귤 10kg opened', 'witness joined']);
    await witness.say(roomId);
    expect((await fetch(`${chat.url}/readyz`)).status).toBe(200);
  });
});

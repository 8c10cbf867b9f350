import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { exchange } from '../fixture/http-exchange.ts';
import { maskedFrame, rawUpgrade } from '../fixture/raw-http.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const BOM = '\ufeff';
/** Until its answer comes: a busy machine may take its time. */
const timeoutMs = 60_000;

describe('a byte order mark in front of JSON (RFC 8259 §8.1)', () => {
  it.each([
    ['of gongu.v1, as text', 'gongu.v1', 0x81],
    ['of gongu.v1, as bytes', 'gongu.v1', 0x82],
    ['where the first frame tells the protocol', null, 0x81],
    ['where bytes tell it', null, 0x82],
  ])('is ignored in frames %s', async (_what, subprotocol, opcode) => {
    const answer = await rawUpgrade(chat.port, `/ws?token=${tokenOf('ann')}`, {
      headers: { 'sec-websocket-protocol': subprotocol },
      rest: maskedFrame(Buffer.from(`${BOM}{"type":"ping","ref":"p"}`), opcode),
      until: /"type":"pong"|error/,
      timeoutMs,
    });
    expect(answer).toMatch(/"type":"pong"/);
  });

  it('is ignored in bodies over HTTP and over SockJS, and in the texts within them', async () => {
    const { status, body } = await chat.call('POST', '/api/chat/tokens/anonymous', { body: `${BOM}{"token":null}` });
    expect([status, body]).toMatchObject([200, { token: expect.any(String) }]);
    const session = (what: string) => `${chat.url}/ws/chat/001/marked/${what}?token=${tokenOf('ann')}`;
    expect((await exchange('POST', session('xhr'))).body).toBe('o\n');
    const ping = JSON.stringify([`${BOM}{"type":"ping","ref":"p"}`]);
    expect((await exchange('POST', session('xhr_send'), { body: BOM + ping })).status).toBe(204);
    expect((await exchange('POST', session('xhr'))).body).toMatch(/pong/);
  });

  it('is ignored on the older URLs', async () => {
    const roomId = await chat.room();
    const answer = await rawUpgrade(chat.port, `/ws/chat?sessionId=${roomId}&token=${tokenOf('ann')}`, {
      rest: maskedFrame(Buffer.from(`${BOM}{"type":"message","content":"marked"}`)),
      until: /"content":"marked"|error/,
      timeoutMs,
    });
    expect(answer).toMatch(/"content":"marked"/);
  });

  it('is ignored in the bodies of STOMP frames, of every kind of SEND, and over SockJS', async () => {
    const roomId = await chat.room();
    const frame = (command: string, headers: string[], body = '') => `${command}\n${headers.join('\n')}\n\n${body}\0`;
    const send = (destination: string, body: string) => frame('SEND', [`destination:${destination}`], BOM + body);
    const frames = [
      frame('CONNECT', ['accept-version:1.2', 'host:x', `passcode:${tokenOf('ann')}`]),
      frame('SUBSCRIBE', ['id:e', 'destination:/user/queue/errors']),
      frame('SUBSCRIBE', ['id:r', `destination:/topic/chat/${roomId}`]),
      send(`/app/chat/${roomId}`, '{"content":"first"}'),
      send('/pub/chat', `{"roomId":"${roomId}","message":"second"}`),
      send(`/app/chat/${roomId}/typing`, '{"typing":true}'),
      send(`/app/chat/${roomId}/read`, '{"seq":1}'),
      send(`/app/chat/${roomId}`, '{"content":"last"}'),
    ];
    const answer = await rawUpgrade(chat.port, '/ws', {
      headers: { 'sec-websocket-protocol': 'v12.stomp' },
      frames,
      until: /"content":"last"|ERROR\n/,
      timeoutMs,
    });
    expect(answer).toMatch(/"content":"first"[\s\S]*"content":"second"[\s\S]*"content":"last"/);
    expect(answer).not.toMatch(/VALIDATION_FAILED|ERROR\n/);

    const session = (what: string) => `${chat.url}/ws/chat/001/stomp-marked/${what}?token=${tokenOf('bob')}`;
    const wrapped = BOM + JSON.stringify(frames.map((one) => one.replace(tokenOf('ann'), tokenOf('bob'))));
    let received = '';
    while (!received.includes('"last')) {
      const { body } = await exchange('POST', session('xhr'));
      // A session that no request came to for five seconds is gone: after a pause of the machine it is opened again.
      if (body === 'o\n') {
        const { status } = await exchange('POST', session('xhr_send'), { body: wrapped });
        expect([204, 404]).toContain(status);
      }
      received += body;
    }
    expect(received).not.toMatch(/VALIDATION_FAILED|ERROR/);
  });
});

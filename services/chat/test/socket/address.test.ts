import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();

it('the address of a client is the one its proxy tells of, without its port, on sockets, SockJS and streams', async () => {
  const chat = await given.start({ TRUST_PROXY: 'loopback' });
  const address = () => given.logs.of('handshake.accepted').at(-1)?.address;
  for (const [header, expected] of [
    ['203.0.113.5:4711', '203.0.113.5'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['198.51.100.9, 203.0.113.6:4711', '203.0.113.6'],
    ['unknown', '127.0.0.1'],
  ] as const) {
    const headers = { 'x-forwarded-for': header };
    const socket = await chat.open({ query: `?token=${tokenOf('ann')}`, headers });
    await socket.event('ready');
    expect(address(), `socket ${header}`).toBe(expected);
    socket.terminate();

    const id = expected.replace(/\W/g, '');
    const url = `${chat.url}/ws/chat/000/sess${id}/xhr?token=${tokenOf('ann')}`;
    expect(await (await fetch(url, { method: 'POST', headers })).text()).toBe('o\n');
    expect(address(), `SockJS ${header}`).toBe(expected);

    const given = { headers: { ...headers, authorization: `Bearer ${tokenOf('ann')}` } };
    const stream = await fetch(`${chat.url}/api/chat/events`, given);
    expect(stream.status).toBe(200);
    expect(address(), `stream ${header}`).toBe(expected);
    await stream.body?.cancel();
  }
});

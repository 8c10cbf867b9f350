import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';

const given = chatOfThisFile();

it('the id of a SockJS session is in no line of the log, whatever becomes of it', async () => {
  const chat = await given.start({ MAX_CONNECTIONS: '1' });
  const id = `secret-${crypto.randomUUID()}`;
  const ask = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
    fetch(`${chat.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) }).then((one) => one.text());
  for (const prefix of ['/ws/chat', '/ws/chat-sockjs']) {
    const path = `${prefix}/000/${id}`;
    expect(await ask('POST', `${path}/xhr_send`, '["x"]')).toContain('NOT_FOUND');
    await ask('POST', `${path}/xhr`);
    await ask('POST', `${path}/xhr_send`, '["x');
    await ask('POST', `${path}/xhr_send`, '["CONNECT"]', { 'user-agent': 'another' });
    await ask('GET', `${path}/xhr`);
    await ask('GET', `${path}/jsonp?c=x`);
    await ask('GET', `${path}/nothing`);
    await ask('GET', path);
    await ask('POST', `${path}/xhr?token=bad`);
    await ask('POST', `${path}/xhr`, undefined, { origin: 'https://evil.example' });
    await ask('GET', `${path}/websocket`);
    await ask('POST', `${path}/xhr`, undefined, { 'x-gongu-hop': 'guess' });
  }
  expect(given.logs.lines.filter((line) => line.includes(id))).toEqual([]);
  expect(given.logs.lines.join('')).toContain('/ws/chat/000/[redacted]/xhr');
});

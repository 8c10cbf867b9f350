import { CLOSE, ERROR_CODES } from '@gongu/shared';
import { readSeries } from '@gongu/testkit';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { authorizationOf } from '../fixture/tokens.ts';

const given = chatOfThisFile({ mayFail: true });
let chat: Instance;
/** Of a service that was asked nothing yet. */
let fresh: Map<string, number>;
beforeAll(async () => {
  chat = await given.start();
  fresh = await readSeries(chat.url, 'counter');
});

const labelled = (name: string, label: string, values: readonly (string | number)[]) =>
  values.map((value) => `gongu_chat_${name}_total{${label}="${value}"}`);

async function sql(text: string): Promise<void> {
  const client = new Client(given.databaseUrl);
  await client.connect();
  await client.query(text);
  await client.end();
}

describe('counters', () => {
  it('have all their series from the start: what a series holds in its first sample is no growth', async () => {
    const expected = [
      ...labelled('messages_refused', 'code', ERROR_CODES),
      ...labelled('commands_refused', 'code', ERROR_CODES),
      ...labelled('handshakes_refused', 'reason', ['max_connections', 'max_handshakes', 'draining', ...ERROR_CODES]),
      ...labelled('sessions_closed', 'code', [...Object.values(CLOSE), 1005, 1006, 'other']),
      ...labelled('bus_refused', 'reason', ['unsigned', 'malformed', 'key', 'proof', 'age', 'replay']),
      ...labelled('uploads', 'outcome', ['announced', 'completed', 'refused']),
      ...labelled('render_failures', 'protocol', ['json', 'stomp', 'ws-chat', 'chat-room', 'room-signal', 'sse']),
      ...['/api/chat/rooms/:roomId/messages', '/docs', '(none)'].flatMap((route) =>
        ['2xx', '3xx', '4xx', '5xx'].map((one) => `gongu_http_requests_total{route="${route}",class="${one}"}`),
      ),
    ];
    for (const name of expected) expect([name, fresh.get(name)]).toEqual([name, 0]);
    expect([...fresh.keys()]).toContain('gongu_job_runs_total{task="expire-rooms",outcome="failed"}');
    const all = await readSeries(chat.url);
    expect(all.get('gongu_job_duration_seconds_count{task="expire-rooms"}')).toBeGreaterThanOrEqual(0);
    for (const protocol of ['json', 'stomp', 'sse', 'undecided']) {
      expect(all.get(`gongu_chat_connections{protocol="${protocol}"}`)).toBe(0);
    }
  });

  it('begin no other series, whatever happens', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    await ann.say(roomId);
    ann.send({ type: 'send', ref: 'a', roomId: 'nowhere', clientMessageId: 'a', content: said('a') });
    // Before the tables go away: it asks them.
    await ann.next((frame) => frame.ref === 'a');
    ann.send({ type: 'dance', ref: 'b' });
    expect(await ann.next((frame) => frame.ref === 'b')).toMatchObject({ code: 'UNKNOWN_TYPE' });
    await sql('ALTER TABLE chat.rooms RENAME TO elsewhere');
    ann.send({ type: 'join', ref: 'c', roomId: 'unheard-of' });
    expect(await ann.next((frame) => frame.ref === 'c')).toMatchObject({ code: 'INTERNAL' });
    expect(
      (await fetch(`${chat.url}/api/chat/rooms/unheard-of`, { headers: { authorization: authorizationOf('ann') } }))
        .status,
    ).toBe(500);
    await sql('ALTER TABLE chat.elsewhere RENAME TO rooms');
    ann.close(4_321);
    await ann.closed();
    await expect(chat.open({ query: '?token=none' })).rejects.toThrow();
    await expect(chat.open({ headers: { origin: 'https://elsewhere.example' } })).rejects.toThrow();
    for (const path of ['/nowhere', '/healthz', '/docs', '/ws/chat/info', '/ws']) await fetch(chat.url + path);
    await fetch(`${chat.url}/api/chat/rooms`, { method: 'OPTIONS' });
    await fetch(`${chat.url}/nowhere`, { method: 'PURGE' });

    const now = await readSeries(chat.url, 'counter');
    expect([...now.keys()].filter((name) => !fresh.has(name))).toEqual([]);
    // An alert reads these.
    expect(now.get('gongu_chat_commands_refused_total{code="INTERNAL"}')).toBe(1);
    expect(now.get('gongu_chat_handshakes_refused_total{reason="UNAUTHENTICATED"}')).toBe(1);
    expect(now.get('gongu_http_requests_total{route="/api/chat/rooms/:roomId",class="5xx"}')).toBe(1);
    expect(now.get('gongu_http_requests_total{route="(none)",class="4xx"}')).toBe(2);
    expect(now.get('gongu_chat_sessions_closed_total{code="other"}')).toBe(1);
  });
});

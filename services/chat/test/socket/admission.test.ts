import { Problem } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { rawUpgrade } from '../fixture/raw-http.ts';
import { tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();

/** Every URL on which a connection begins, as the bytes that came back. */
const UPGRADES = ['/ws', '/ws/chat', '/ws/chat/000/raw/websocket', '/ws/chat-sockjs/websocket', '/chat/lobby', '/room'];
const REQUESTS: [string, string][] = [
  ['POST', '/ws/chat/000/one/xhr'],
  ['POST', '/ws/chat/000/two/xhr_streaming'],
  ['GET', '/ws/chat/000/three/eventsource'],
  ['GET', '/api/chat/rooms/lobby/events'],
];

/** An answer with all of its body, or the head of one that lets in, however long a busy machine takes. */
const WHOLE = { until: /^HTTP\/1\.1 101.*\r\n\r\n|\}$/s };

function refusal(raw: string): { status: number; retryAfter: string; problem: Problem } {
  const [head = '', body = ''] = raw.split('\r\n\r\n', 2);
  return {
    status: Number(head.split(' ', 2)[1]),
    retryAfter: /^retry-after: (.*)$/im.exec(head)?.[1] ?? '',
    problem: Problem.parse(JSON.parse(body)),
  };
}

async function refusedByReason(instance: Instance): Promise<Record<string, number>> {
  const text = await (await fetch(`${instance.url}/metrics`)).text();
  const found = text.matchAll(/^gongu_chat_handshakes_refused_total\{.*?reason="([^"]+)".*?\} (\d+)$/gm);
  const counts = [...found].map(([, reason, count]) => [reason!, Number(count)] as const);
  // Every reason has its series from the start.
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

describe('an instance that has all the connections that it takes', () => {
  it('refuses every kind of handshake with 503 and a time of its own, looks at no token, and serves HTTP as ever', async () => {
    const chat = await given.start({ MAX_CONNECTIONS: '2' });
    const kept = [await chat.connect('ann'), await chat.connect('bob')];
    const waits: number[] = [];
    for (const path of UPGRADES) {
      // A token that is no token: were it looked at, the answer would be 401.
      const answer = refusal(await rawUpgrade(chat.port, `${path}?token=nonsense`, WHOLE));
      expect({ path, status: answer.status }).toEqual({ path, status: 503 });
      expect(answer.problem).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
      expect(answer.retryAfter).toBe(String(Math.ceil(answer.problem.retryAfterMs! / 1_000)));
      waits.push(answer.problem.retryAfterMs!);
    }
    for (const [method, path] of REQUESTS) {
      const answer = await fetch(`${chat.url}${path}?token=nonsense`, { method });
      expect({ path, status: answer.status }).toEqual({ path, status: 503 });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      waits.push((Problem.parse(await answer.json()) as Problem).retryAfterMs!);
    }
    expect(new Set(waits).size).toBeGreaterThan(waits.length / 2);
    for (const path of ['/healthz', '/readyz', '/metrics', '/ws/chat/info']) {
      expect((await fetch(chat.url + path)).status).toBe(200);
    }
    expect((await chat.call('GET', '/api/chat/rooms', { as: 'ann' })).status).toBe(200);
    expect(await refusedByReason(chat)).toEqual({ max_connections: UPGRADES.length + REQUESTS.length });

    // One who leaves makes room for one.
    kept[0]!.close();
    await kept[0]!.closed();
    await expect
      .poll(() =>
        chat.connect('cho').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    kept[1]!.close();
    await chat.stop();
  });

  it('counts polling sessions as connections, and their further requests not as handshakes', async () => {
    const chat = await given.start({ MAX_CONNECTIONS: '1' });
    const url = `${chat.url}/ws/chat/000/one`;
    const token = tokenOf('ann');
    expect(await (await fetch(`${url}/xhr?token=${token}`, { method: 'POST' })).text()).toBe('o\n');
    expect((await fetch(`${chat.url}/ws/chat/000/two/xhr?token=${token}`, { method: 'POST' })).status).toBe(503);
    await expect(probe(chat.socketUrl, { protocols: 'gongu.v1' })).rejects.toThrow();
    const body = JSON.stringify([JSON.stringify({ type: 'ping' })]);
    expect((await fetch(`${url}/xhr_send?token=${token}`, { method: 'POST', body })).status).toBe(204);
    expect(await (await fetch(`${url}/xhr?token=${token}`, { method: 'POST' })).text()).toContain('ready');
    await chat.stop();
  });
});

describe('a storm of handshakes', () => {
  it('is let in at the pace that is set; the rest is told when, and costs a line a second', async () => {
    // So few that the machine can not be so slow as to let in all of them.
    const chat = await given.start({ MAX_HANDSHAKES_PER_SECOND: '5' });
    const before = given.logs.of('handshake.rejected').length;
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => rawUpgrade(chat.port, '/ws', WHOLE)));
    const seconds = Math.ceil((performance.now() - began) / 1_000);
    const let_in = answers.filter((answer) => answer.startsWith('HTTP/1.1 101'));
    const refused = answers.filter((answer) => answer.startsWith('HTTP/1.1 503')).map(refusal);
    expect(let_in.length).toBeGreaterThanOrEqual(5);
    expect(let_in.length).toBeLessThanOrEqual(5 * seconds);
    expect(let_in.length + refused.length).toBe(200);
    // Each at a moment of its own, counted from when it was refused.
    expect(refused.every(({ problem }) => problem.retryAfterMs! >= 1_000)).toBe(true);
    const lines = given.logs.of('handshake.rejected').slice(before);
    expect(lines.length).toBeLessThanOrEqual(seconds);
    expect(lines[0]).toMatchObject({ code: 'UNAVAILABLE', reason: 'max_handshakes', unlogged: 0 });
    expect((await refusedByReason(chat)).max_handshakes).toBe(refused.length);
    await chat.stop();
  });
});

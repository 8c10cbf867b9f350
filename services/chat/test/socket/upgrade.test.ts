import { signToken, UpgradeRefused } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { rawUpgrade } from '../fixture/raw-http.ts';
import { SERVICE_SECRET, tokenOf, tradeToken, USER_SECRET } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});
const SUBPROTOCOL = 'gongu.v1';

async function ticketOf(userId: string): Promise<string> {
  const { status, body } = await chat.call<{ ticket: string }>('POST', '/api/chat/tickets', { as: userId });
  expect(status).toBe(201);
  given.logs.secret(body.ticket);
  return body.ticket;
}

describe('a token with the upgrade', () => {
  it('opens the socket by each way there is, and ready comes without a word from the client', async () => {
    const token = tokenOf('ann');
    const ways = [
      { protocols: [SUBPROTOCOL, `bearer.${token}`] },
      { protocols: [`bearer.${token}`, SUBPROTOCOL] },
      { query: `?token=${token}` },
      { query: `?token=Bearer%20${token}` },
      { query: `?ticket=${await ticketOf('ann')}` },
      { headers: { authorization: `Bearer ${token}` } },
    ];
    for (const way of ways) {
      const client = await chat.open(way);
      expect(await client.next(), JSON.stringify(Object.keys(way))).toMatchObject({
        ...{ type: 'ready', user: { userId: 'ann' } },
      });
      expect(client.protocol).toBe(SUBPROTOCOL);
      client.terminate();
    }
  });

  it('names the user of a socket without subprotocol too, once a first frame tells its protocol', async () => {
    const client = await chat.open({ protocols: [], query: `?token=${tokenOf('ann')}` });
    expect(client.protocol).toBe('');
    await client.none(50);
    client.send({ type: 'ping', ref: 'p' });
    expect(await client.next()).toMatchObject({ type: 'ready', user: { userId: 'ann' } });
    expect(await client.next()).toMatchObject({ type: 'pong', ref: 'p' });
  });

  it('may be HS256, HS384 or HS512, like that of the incident: HS512, in the query, without Bearer', async () => {
    for (const alg of ['HS256', 'HS384', 'HS512'] as const) {
      const client = await chat.open({ query: `?token=${tokenOf('ann', { alg })}` });
      expect(await client.next()).toMatchObject({ type: 'ready' });
    }
  });

  it('opens two sockets at once, but a ticket only one', async () => {
    const ticket = await ticketOf('bob');
    const both = await Promise.allSettled([1, 2].map(() => chat.open({ query: `?ticket=${ticket}` })));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find((one) => one.status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ status: 401 });
  });

  it('has ready leave with the answer to the upgrade, in one write', async () => {
    const path = `/ws?token=${tokenOf('ann')}`;
    // Ends with the first piece that comes.
    const answer = await rawUpgrade(chat.port, path, {
      headers: { 'sec-websocket-protocol': SUBPROTOCOL },
      until: /./,
    });
    expect(answer).toMatch(/^HTTP\/1.1 101 .*\r\n\r\n.*"type":"ready".*\}$/s);
  });

  it('is looked at once, and refused once: the log has one line, and a handshake of the rate is gone', async () => {
    const slow = await given.start({ MAX_HANDSHAKES_PER_SECOND: '2' });
    const before = given.logs.of('handshake.rejected').length;
    await expect(slow.open({ query: '?token=wrong' })).rejects.toMatchObject({ status: 401 });
    await slow.open({ query: `?token=${tokenOf('ann')}` });
    await expect(slow.open({ query: `?token=${tokenOf('ann')}` })).rejects.toMatchObject({ status: 503 });
    const lines = given.logs.of('handshake.rejected').slice(before);
    expect(lines.map(({ reason }) => reason)).toEqual(['UNAUTHENTICATED', 'max_handshakes']);
  });

  it('lets frames that come with the upgrade be read', async () => {
    const answer = await rawUpgrade(chat.port, `/ws?token=${tokenOf('ann')}`, {
      headers: { 'sec-websocket-protocol': SUBPROTOCOL },
      frames: ['{"type":"ping","ref":"first"}', '{"type":"ping","ref":"second"}'],
      until: /second/,
    });
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).toMatch(/"type":"ready".*"ref":"first".*"ref":"second"/s);
    // RFC 6455 §4.2.2: only what was asked for, and never the token.
    expect(answer.toLowerCase().match(/sec-websocket-protocol: [^\r]*/g)).toEqual([
      `sec-websocket-protocol: ${SUBPROTOCOL}`,
    ]);
  });
});

describe('an upgrade is refused', () => {
  async function refusal(options: Parameters<Instance['open']>[0]): Promise<UpgradeRefused> {
    const error = await chat.open(options).then(
      () => expect.unreachable('the socket opened'),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UpgradeRefused);
    const refused = error as UpgradeRefused;
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(refused.body)).toMatchObject({
      ...{ type: 'about:blank', status: refused.status, requestId: refused.headers['x-request-id'] },
    });
    return refused;
  }
  const codeOf = (refused: UpgradeRefused) => [refused.status, JSON.parse(refused.body).code];

  it('with 401 and a problem body for a token that is presented and bad', async () => {
    const good = tokenOf('ann');
    const [, payload] = good.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
    const bad: Record<string, string> = {
      garbage: 'garbage',
      'of another shop': tokenOf('ann', { secret: 'the secret of quite another shop' }),
      'changed after signing': `${good.slice(0, -3)}AAA`,
      'alg none': none,
      'alg none with a signature': `${none}AAAA`,
      'without an end': signToken({ sub: 'ann' }, USER_SECRET),
      'without a subject': signToken({ exp: Date.now() / 1_000 + 60 }, USER_SECRET),
      'for chat': signToken({ sub: 'ann', aud: 'chat', exp: Date.now() / 1_000 + 60 }, USER_SECRET),
      'of the service': tradeToken(),
      'signed with the service’s secret': tokenOf('ann', { secret: SERVICE_SECRET }),
      'with NUL in its subject': signToken({ sub: 'a\u0000', exp: Date.now() / 1_000 + 60 }, USER_SECRET),
      'RS256 by name only': signToken({ sub: 'ann', exp: Date.now() / 1_000 + 60 }, USER_SECRET, 'RS256'),
      '9 000 characters long': tokenOf('ann', { claims: { padding: 'x'.repeat(9_000) } }),
    };
    for (const [what, token] of Object.entries(bad)) {
      for (const way of [
        { query: `?token=${encodeURIComponent(token)}` },
        { headers: { authorization: `Bearer ${token}` } },
      ]) {
        expect(codeOf(await refusal(way)), what).toEqual([401, 'UNAUTHENTICATED']);
      }
    }
    expect(codeOf(await refusal({ protocols: [SUBPROTOCOL, 'bearer.garbage'] }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(codeOf(await refusal({ query: '?ticket=garbage' }))).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('with 401 TOKEN_EXPIRED for one that has ended, but for 30 seconds of skew', async () => {
    const refused = await refusal({ query: `?token=${tokenOf('ann', { expiresInSeconds: -31 })}` });
    expect(codeOf(refused)).toEqual([401, 'TOKEN_EXPIRED']);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    await chat.open({ query: `?token=${tokenOf('ann', { expiresInSeconds: -20 })}` });
  });

  it('with 403 for an origin that is not allowed, even with a good token', async () => {
    const headers = { origin: 'https://evil.example' };
    expect(codeOf(await refusal({ headers, query: `?token=${tokenOf('ann')}` }))).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(codeOf(await refusal({ headers: { origin: 'null' } }))).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    for (const origin of ['https://shop.example', 'https://SHOP.example']) await chat.open({ headers: { origin } });
  });

  it('with 400 where bearer.<jwt> comes alone, or nothing offered is spoken here', async () => {
    for (const protocols of [[`bearer.${tokenOf('ann')}`], ['chat'], ['gongu.v2', 'mqtt']]) {
      const refused = await refusal({ protocols });
      expect(codeOf(refused)).toEqual([400, 'VALIDATION_FAILED']);
      expect(JSON.parse(refused.body).detail).toContain(SUBPROTOCOL);
    }
    expect((await chat.open({ protocols: ['mqtt', SUBPROTOCOL] })).protocol).toBe(SUBPROTOCOL);
  });

  it('with 400 where it is none, and 404 elsewhere', async () => {
    expect(await chat.call('GET', '/ws').catch((error: Error) => error.message)).toContain('answered 400');
    const elsewhere = await rawUpgrade(chat.port, '/nowhere', {});
    expect(elsewhere).toMatch(/^HTTP\/1.1 404 .*"code":"NOT_FOUND"/s);
  });

  it('with 4xx and a reason where its handshake is broken, never with 5xx', async () => {
    const broken: Record<string, Record<string, string | null>> = {
      'no key': { 'sec-websocket-key': null },
      'a short key': { 'sec-websocket-key': 'short' },
      'version 7': { 'sec-websocket-version': '7' },
      'no version': { 'sec-websocket-version': null },
      'another protocol': { upgrade: 'h2c' },
      'a broken subprotocol list': { 'sec-websocket-protocol': 'gongu.v1,,' },
      'a subprotocol twice': { 'sec-websocket-protocol': 'gongu.v1, gongu.v1' },
    };
    for (const [what, headers] of Object.entries(broken)) {
      expect(await rawUpgrade(chat.port, '/ws', { headers }), what).toMatch(/^HTTP\/1.1 4\d\d /);
    }
    expect(await rawUpgrade(chat.port, '/ws?token=%00', {})).toMatch(/^HTTP\/1.1 40[01] /);
    expect(await rawUpgrade(chat.port, '/ws?token=%E0%A4%A', {})).toMatch(/^HTTP\/1.1 400 /);
    expect(await rawUpgrade(chat.port, '/ws', { method: 'POST' })).toMatch(/^HTTP\/1.1 4\d\d /);
    expect((await fetch(`${chat.url}/healthz`)).status).toBe(200);
  });

  it('and logged with its reason and where it came from, without what was presented', async () => {
    const before = given.logs.of('handshake.rejected').length;
    await refusal({ query: '?token=garbage' });
    await refusal({ protocols: ['mqtt'] });
    const lines = given.logs.of('handshake.rejected').slice(before);
    expect(lines).toMatchObject([
      { level: 'warn', code: 'UNAUTHENTICATED', address: '127.0.0.1' },
      { level: 'warn', code: 'VALIDATION_FAILED', address: '127.0.0.1' },
    ]);
    expect(given.logs.lines.some((line) => line.includes('garbage'))).toBe(false);
  });
});

describe('a connection whose upgrade was refused', () => {
  it('is ended, whatever refused it, so that nobody can pile them up', async () => {
    for (const path of ['/ws?token=garbage', '/ws?token=%E0%A4%A', '/ws?token=%00', '/nowhere']) {
      const before = await connections();
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => rawUpgrade(chat.port, path, { until: /never/ })),
      );
      for (const answer of answers) expect(answer, path).toMatch(/^HTTP\/1.1 4\d\d /);
      await expect.poll(connections, { message: path }).toBeLessThanOrEqual(before);
    }
  });

  it('does not keep the service from stopping', async () => {
    const other = await given.start();
    // Not even a path: refused before any hook.
    expect(await rawUpgrade(other.port, '/%E0%A4%A', {})).toMatch(/^HTTP\/1.1 400 /);
    await other.stop();
  });

  const connections = () =>
    new Promise<number>((resolve) => chat.chat.app.server.getConnections((_, count) => resolve(count)));
});

describe('an upgrade without a token', () => {
  it('is accepted, logged as such, and silent', async () => {
    const client = await chat.open();
    await client.none(100);
    expect(given.logs.of('handshake.accepted').at(-1)).toMatchObject({
      ...{ level: 'info', path: '/ws', subprotocol: SUBPROTOCOL, userId: null, tokenPresent: false },
      address: '127.0.0.1',
    });
  });
});

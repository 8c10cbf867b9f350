import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { freePort, inRepository, type ServiceProcess, spawnService } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { call, type Pair, startPair } from './fixture/pair.ts';

const keyOf = (id: string, byte?: number) =>
  `${id}:${(byte === undefined ? randomBytes(32) : Buffer.alloc(32, byte)).toString('base64')}`;
/** As the pair has it. */
const FIRST = keyOf('e2e', 7);
const SECOND = keyOf('second');
const HOME = {
  recipient: '김하나',
  phone: '010-1234-5678',
  postalCode: '06236',
  line1: '서울특별시 강남구 테헤란로 1',
};

let pair: Pair;
let sql: pg.Client;
beforeAll(async () => {
  pair = await startPair({ trade: false });
  sql = new pg.Client(pair.databaseUrl);
  await sql.connect();
  for (const room of ['one', 'two', 'three']) {
    await pair.room(room);
    await say(room, 'before');
  }
});
afterAll(async () => {
  await sql?.end();
  await pair?.stop();
});

async function say(room: string, content: string, at = pair.chat.url) {
  const body = { clientMessageId: `${room}-${content}`, kind: 'NOTIFICATION', content };
  return (await call('POST', `${at}/api/chat/rooms/${room}/messages`, pair.service(), body)).body;
}
async function texts(room: string, at = pair.chat.url) {
  const { body } = await call('GET', `${at}/api/chat/rooms/${room}/messages`, pair.service());
  return (
    body.messages
      ?.filter(({ kind }: { kind: string }) => kind === 'NOTIFICATION')
      .map(({ content }: { content: string }) => content) ?? body.code
  );
}

const environment = () => ({
  ...{ DATABASE_URL: pair.databaseUrl, ...pair.secrets, ALLOWED_ORIGINS: '*', HOST: '127.0.0.1' },
  ...{ LOG_LEVEL: 'info', DRAIN_MS: '100' },
});

/** A further instance with keys of its own. */
async function start(service: 'chat' | 'trade', keys: string): Promise<ServiceProcess & { url: string }> {
  const port = await freePort();
  const own: Record<string, string> =
    service === 'chat' ? { CHAT_PORT: `${port}`, CONTENT_KEYS: keys } : { TRADE_PORT: `${port}`, ADDRESS_KEYS: keys };
  const instance = spawnService({
    entry: `services/${service}/dist/main.mjs`,
    env: { ...environment(), CHAT_URL: pair.chat.url, ...own },
  });
  onTestFinished(() => void instance.kill());
  return Object.assign(instance, { url: `http://127.0.0.1:${port}` });
}
async function started(service: 'chat' | 'trade', keys: string) {
  const instance = await start(service, keys);
  await instance.ready;
  return instance;
}

/** What a start that is refused says. */
async function refusal(service: 'chat' | 'trade', keys: string): Promise<string> {
  const instance = await start(service, keys);
  expect(await instance.exited).toEqual({ code: 1, signal: null });
  const said = instance.stderr();
  for (const key of keys.split(',')) {
    const [, bytes = ''] = key.split(':');
    if (bytes.length > 8) expect(said).not.toContain(bytes);
  }
  return said;
}

function admin(keys: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRepository('dist/service.mjs'), 'admin', ...args], {
    env: { PATH: process.env.PATH, DATA_DIR: '/nowhere', DATABASE_URL: pair.databaseUrl, CONTENT_KEYS: keys },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
const allKeys = async () =>
  (await sql.query(`SELECT md5(string_agg(k::text, ',' ORDER BY key_no)) FROM chat.room_keys k`)).rows[0].md5;
const acts = async () =>
  (await sql.query(`SELECT by_user_id, detail FROM chat.moderations WHERE act = 'keys.rotated' ORDER BY id`)).rows;

it.each([
  [
    'truncated',
    `${FIRST.slice(0, -6)}`,
    /CONTENT_KEYS the key "e2e" must be 32 bytes as base64|CONTENT_KEYS: .*the key "e2e" must be 32 bytes as base64|the key "e2e" must be 32 bytes as base64/,
  ],
  ['with other signs', FIRST.replace(/.{4}=$/, '!!!!='), /the key "e2e" must be 32 bytes as base64/],
  ['without an id', FIRST.slice(4), /must be id:base64/],
  ['that ends with a comma', `${FIRST},`, /must be id:base64/],
  ['of one key twice', `${FIRST},${SECOND},${FIRST}`, /the key "e2e" is there twice/],
  ['of two keys with one id', `${FIRST},${keyOf('e2e')}`, /the key "e2e" is there twice/],
  ['whose first key is lost', `e2e:lost,${SECOND}`, /the first key, "e2e", is what is sealed with: it can't be lost/],
  [
    'without the one that is in use',
    SECOND,
    /"e2e" is not there, and the keys of 3 rooms \(.+\) are sealed by it: add it/,
  ],
  [
    'with another one by the id of one in use',
    keyOf('e2e'),
    /"e2e" is another key than the one by which the keys of 3 rooms/,
  ],
])(
  'a list of content keys %s starts no chat, which says why in a line without a key, and rotates nothing',
  async (_, keys, why) => {
    const before = await allKeys();
    expect(await refusal('chat', keys)).toMatch(why);
    const rotated = admin(keys, 'keys', 'rotate', '--json');
    // Of a first key with which no instance has started yet as of a bad one.
    expect([rotated.status, rotated.stdout]).toEqual([1, '']);
    expect(rotated.stderr).toMatch(/^admin: chat: .*\n$/);
    expect(await allKeys()).toBe(before);
  },
);

it('keys of rooms are not sealed by a key that chat does not have, though the command has it', async () => {
  const refused = admin(`${SECOND},${FIRST}`, 'keys', 'rotate');
  expect(refused).toEqual({
    status: 1,
    stdout: '',
    stderr: 'admin: chat: CONTENT_KEYS: chat has not started with "second" yet: give it to all instances first\n',
  });
  expect(await texts('one')).toEqual(['before']);
});

it('a key is replaced while chat runs; what is lost is told, is no success, and is there again with its key', async () => {
  const next = await started('chat', `${SECOND},${FIRST}`);
  await pair.room('four', next.url);
  await say('four', 'before', next.url);
  // An instance of before, which has not the new key, shows nothing of such a room, and nothing is overwritten.
  expect(await texts('four')).toBe('UNAVAILABLE');
  expect((await say('four', 'by the old one')).code).toBe('UNAVAILABLE');
  expect(admin(`${SECOND},${FIRST}`, 'keys', 'list').stdout).toMatch(/^e2e +3 rooms +opens\nsecond +1 rooms +seals\n/);

  // Nobody has the old one any more.
  const lost = `${SECOND},e2e:lost`;
  expect(admin(lost, 'keys', 'list').stdout).toMatch(/^e2e +3 rooms +lost\nsecond +1 rooms +seals\n/);
  const unopened = [{ keyId: 'e2e', why: 'lost', rooms: 3, roomIds: ['one', 'two', 'three'] }];
  const stay =
    'admin: not all is done in chat: keys of rooms that stay as they are: 3 sealed by "e2e", which is lost (one, two, three)\n';
  const before = await allKeys();
  expect(admin(lost, 'keys', 'rotate', '--dry-run', '--json')).toEqual({
    status: 3,
    stdout: `${JSON.stringify({ to: 'second', dryRun: true, keys: 0, unopened })}\n`,
    stderr: stay,
  });
  expect(admin(lost, 'keys', 'rotate')).toEqual({
    status: 3,
    stdout: '0 keys of rooms are sealed by "second" now\n',
    stderr: stay,
  });
  expect([await allKeys(), await acts()]).toEqual([before, []]);
  const without = await started('chat', lost);
  expect([await texts('one', without.url), await texts('four', without.url)]).toEqual(['UNAVAILABLE', ['before']]);
  await without.kill();
  // The same of one that was just left out, and of one that is another.
  expect(admin(SECOND, 'keys', 'rotate')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('which CONTENT_KEYS lacks'),
  });
  expect(admin(`${SECOND},${keyOf('e2e')}`, 'keys', 'rotate')).toMatchObject({
    ...{ status: 1, stderr: expect.stringContaining('"e2e": another key than the one that had this id before') },
  });
  expect(admin(`${SECOND},${keyOf('e2e')}`, 'keys', 'list').stdout).toMatch(/^e2e +3 rooms +wrong\n/);

  // It is found again; one row was damaged meanwhile, which keeps nobody from the others.
  await sql.query(
    `UPDATE chat.room_keys SET sealed = set_byte(sealed, 20, 1 + get_byte(sealed, 20) % 255) WHERE room_id = 'two'`,
  );
  const both = `${SECOND},${FIRST}`;
  expect(admin(both, 'keys', 'rotate', '--limit', '1', '--by', 'root')).toMatchObject({
    status: 0,
    stdout: '1 keys of rooms are sealed by "second" now\n',
  });
  const rest = admin(both, 'keys', 'rotate', '--json', '--by', 'root');
  expect([rest.status, JSON.parse(rest.stdout)]).toEqual([
    3,
    { to: 'second', keys: 1, unopened: [{ keyId: 'e2e', why: 'wrong', rooms: 1, roomIds: ['two'] }] },
  ]);
  expect(await acts()).toEqual([
    { by_user_id: 'root', detail: { to: 'second', keys: 1, unopened: 0 } },
    { by_user_id: 'root', detail: { to: 'second', keys: 1, unopened: 1 } },
  ]);
  const last = await started('chat', both);
  expect([await texts('one', last.url), await texts('two', last.url), await texts('three', last.url)]).toEqual([
    ['before'],
    'UNAVAILABLE',
    ['before'],
  ]);
});

it('a backup from before the rotation is read with the newer keys, and not without the older one', async () => {
  // As a backup has it: the keys of its time, and no mark of the newer one.
  const { rows } = await sql.query(`SELECT room_id, key_id, sealed FROM chat.room_keys`);
  await pair.room('old');
  await say('old', 'of before');
  await sql.query(`DELETE FROM chat.content_keys WHERE key_id = 'second'`);
  await sql.query(`UPDATE chat.room_keys SET key_id = 'gone' WHERE room_id <> 'old'`);
  const both = `${SECOND},${FIRST}`;
  expect(await refusal('chat', `${SECOND},gone:lost`)).toMatch(/"e2e" is not there, and the keys of 1 rooms \(old\)/);
  const chat = await started('chat', `${both},gone:lost`);
  expect(await texts('old', chat.url)).toEqual(['of before']);
  expect(admin(`${both},gone:lost`, 'keys', 'rotate')).toMatchObject({
    ...{
      status: 3,
      stdout: '1 keys of rooms are sealed by "second" now\n',
      stderr: expect.stringContaining('"gone", which is lost'),
    },
  });
  for (const row of rows) {
    await sql.query('UPDATE chat.room_keys SET key_id = $2, sealed = $3 WHERE room_id = $1', [
      row.room_id,
      row.key_id,
      row.sealed,
    ]);
  }
});

it.each([
  ['truncated', FIRST.slice(0, -6), /ADDRESS_KEYS.*the key "e2e" must be 32 bytes as base64/],
  ['of one key twice', `${FIRST},${FIRST}`, /the key "e2e" is there twice/],
  ['with one that is lost', `${FIRST},old:lost`, /the key "old" must be 32 bytes as base64/],
])('a list of address keys %s starts no trade, which says why in a line without a key', async (_, keys, why) => {
  expect(await refusal('trade', keys)).toMatch(why);
});

it('trade starts without a key of addresses that it needs, or without any, says which, and shows and overwrites none of them', async () => {
  const trade = await started('trade', FIRST);
  const seller = pair.user('seller', ['seller']);
  const product = await call('POST', `${trade.url}/api/products`, seller, {
    ...{ title: '감귤', price: { amount: 1000, currency: 'KRW' }, minParticipants: 1, maxParticipants: 5 },
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
  });
  expect([product.status, product.body.code]).toEqual([201, undefined]);
  const path = `/api/products/${product.body.id}/participations`;
  const ann = pair.user('ann');
  expect((await call('POST', trade.url + path, ann, {})).status).toBe(201);
  expect((await call('PUT', `${trade.url + path}/me/address`, ann, HOME)).status).toBe(200);
  await trade.kill();
  for (const keys of [SECOND, '']) {
    const other = await started('trade', keys);
    await other.line((line) => line.event === 'addresses.keys_missing');
    const { status, body } = await call('GET', `${other.url + path}/me/address`, ann);
    expect(JSON.stringify(body)).not.toContain('테헤란로');
    expect(status).toBe(keys === '' ? 200 : 503);
    const exported = await (
      await fetch(`${other.url}/api/trade/users/ann/export`, { headers: { authorization: `Bearer ${ann}` } })
    ).text();
    expect(exported).toMatch(/"record":"address".*"error":"ADDRESS_KEYS /);
    await other.kill();
  }
});

import { spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { inRepository, servicesDatabase, type TestDatabase } from '@gongu/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

let database: TestDatabase;
let sql: pg.Client;
beforeAll(async () => {
  database = await servicesDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
  await sql.query(`INSERT INTO trade.products (id, seller_id, seller_nickname, title, price_amount, price_currency,
      min_participants, max_participants, participant_count, unit_count, deadline)
    VALUES ('p1', 'sue', 'sue', 't', 1, 'KRW', 1, 5, 2, 2, now() + interval '1 day')`);
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

function run(bundle: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRepository(bundle), ...args], {
    env: { PATH: process.env.PATH, DATA_DIR: '/nowhere', DATABASE_URL: database.url, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
const act = async () => (await sql.query('SELECT * FROM chat.moderations ORDER BY id DESC LIMIT 1')).rows[0];

it('seals addresses by the first key anew; what it can not open stays, is told, and is not success', async () => {
  const keys = ['new', 'old'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
  const rotate = (ADDRESS_KEYS: string, ...args: string[]) =>
    run('dist/service.mjs', ['admin', 'addresses', 'rotate', ...args], { ADDRESS_KEYS });
  const key = Buffer.from(keys[1]!.slice(4), 'base64');
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('["address","p1","ben"]'));
  const sealed = Buffer.concat([nonce, cipher.update('{}'), cipher.final(), cipher.getAuthTag()]);
  await sql.query(
    `INSERT INTO trade.participations (product_id, user_id, nickname, quantity) VALUES ('p1', 'ben', 'ben', 1)`,
  );
  await sql.query(`INSERT INTO trade.addresses (product_id, user_id, key_id, sealed) VALUES ('p1', 'ben', 'old', $1)`, [
    sealed,
  ]);
  await sql.query(
    `INSERT INTO trade.participations (product_id, user_id, nickname, quantity) VALUES ('p1', 'amy', 'amy', 1)`,
  );
  // Before the other one, and of a key that is lost.
  await sql.query(
    `INSERT INTO trade.addresses (product_id, user_id, key_id, sealed) VALUES ('p1', 'amy', 'gone', $1)`,
    [randomBytes(60)],
  );
  expect(rotate(keys[0]!, '--json')).toEqual({
    status: 3,
    stdout: `${JSON.stringify({
      sealed: 0,
      unopened: [
        { keyId: 'gone', why: 'unknown', addresses: 1 },
        { keyId: 'old', why: 'unknown', addresses: 1 },
      ],
    })}\n`,
    stderr:
      'admin: not all is done in trade: addresses that stay as they are: 1 sealed by "gone", which ADDRESS_KEYS lacks; 1 sealed by "old", which ADDRESS_KEYS lacks\n',
  });
  const wrong = rotate(`${keys[0]},old:${randomBytes(32).toString('base64')}`);
  expect([wrong.status, wrong.stderr]).toEqual([3, expect.stringContaining('"old", which does not open them')]);
  const acts = () => sql.query(`SELECT detail, by_user_id FROM trade.moderations WHERE act = 'addresses.rotated'`);
  expect((await acts()).rows).toEqual([]);
  expect(rotate(keys.join(','), '--dry-run')).toMatchObject({
    status: 3,
    stdout: '1 addresses would be sealed anew\n',
  });
  expect(rotate(keys.join(','), '--by', 'root')).toMatchObject({ status: 3, stdout: '1 addresses are sealed anew\n' });
  expect((await acts()).rows).toEqual([{ detail: { to: 'new', sealed: 1, unopened: 1 }, by_user_id: 'root' }]);
  expect((await sql.query('SELECT user_id, key_id FROM trade.addresses ORDER BY 1')).rows).toEqual([
    { user_id: 'amy', key_id: 'gone' },
    { user_id: 'ben', key_id: 'new' },
  ]);
  await sql.query(`DELETE FROM trade.addresses WHERE key_id = 'gone'`);
  expect(rotate(keys[0]!)).toEqual({ status: 0, stdout: '0 addresses are sealed anew\n', stderr: '' });
  const other = rotate(`new:${randomBytes(32).toString('base64')}`);
  expect([other.status, other.stderr]).toEqual([
    1,
    expect.stringContaining('another key than the one that had its id'),
  ]);
  expect(rotate('')).toMatchObject({ status: 1, stderr: 'admin: trade: ADDRESS_KEYS is not set\n' });
  expect(rotate('new:c2hvcnQ=')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the key "new" must be 32 bytes'),
  });
});

it('seals secrets of webhooks anew in both services after SERVICE_JWT_SECRET was changed, and says which open no more', async () => {
  const [own, old, lost] = [1, 2, 3].map((n) => `a service secret of the tests, number ${n}`);
  /** As the services seal it: the nonce, the tag and the text. */
  const sealed = (id: string, text: string, secret = old!) => {
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'gongu webhook secrets', 32));
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id));
    const body = Buffer.concat([cipher.update(text), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  };
  const opened = (id: string, text: string) => {
    const all = Buffer.from(text, 'base64');
    const key = Buffer.from(hkdfSync('sha256', own!, '', 'gongu webhook secrets', 32));
    const cipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, 12)).setAAD(Buffer.from(id));
    cipher.setAuthTag(all.subarray(12, 28));
    return cipher.update(all.subarray(28)).toString() + cipher.final().toString();
  };
  for (const [schema, id, secret] of [
    ['trade', 'kept', old],
    ['chat', 'kept', old],
    ['chat', 'gone', lost],
  ]) {
    await sql.query(
      `INSERT INTO ${schema}.webhooks (id, url, description, secret, old_secret, old_until) VALUES ($1, 'https://x.example', '', $2, $3, now())`,
      [id, sealed(id!, 'whsec_new', secret), sealed(id!, 'whsec_old', secret)],
    );
  }
  const reseal = (OLD_SERVICE_JWT_SECRET: string, ...args: string[]) =>
    run('dist/service.mjs', ['admin', 'webhooks', 'reseal', ...args], {
      SERVICE_JWT_SECRET: own!,
      OLD_SERVICE_JWT_SECRET,
    });
  expect(reseal('')).toMatchObject({ status: 1, stderr: expect.stringContaining('must both be set') });
  const first = reseal(old!);
  expect([first.status, first.stdout + first.stderr]).toEqual([
    3,
    expect.stringContaining('those of gone open by neither'),
  ]);
  for (const schema of ['trade', 'chat']) {
    const { rows } = await sql.query(`SELECT secret, old_secret FROM ${schema}.webhooks WHERE id = 'kept'`);
    expect([opened('kept', rows[0].secret), opened('kept', rows[0].old_secret)]).toEqual(['whsec_new', 'whsec_old']);
  }
  expect(await act()).toMatchObject({ act: 'webhooks.resealed', detail: { sealed: 1 } });
  expect(JSON.parse(reseal(old!, '--json').stdout)).toEqual({
    chat: { sealed: 0, lost: ['gone'] },
    trade: { sealed: 0, lost: [] },
  });
  await sql.query(`DELETE FROM chat.webhooks WHERE id = 'gone'`);
  expect(reseal(old!)).toMatchObject({ status: 0, stdout: expect.stringContaining('the secrets of 0 webhooks') });
});

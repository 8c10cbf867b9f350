import { randomBytes } from 'node:crypto';
import type { AddressedBuyer, AuditEntry, OwnAddress, Product } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { readTradeEnv } from '../../src/env.ts';
import type { AddressPlace } from '../../src/store/address-keys.ts';
import { openStore } from '../../src/store/open-store.ts';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const keyOf = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const OLD = keyOf('old');
const NEW = keyOf('new');
const given = await testTrade();
const server = await given.start({ ADDRESS_KEYS: OLD });

const HOME = {
  recipient: '김하나',
  phone: '010-1234-5678',
  postalCode: '06236',
  line1: '서울특별시 강남구 테헤란로 1',
  line2: '101동 202호',
  memo: '문 앞에 놓아 주세요',
};
type List = { items: AddressedBuyer[]; nextCursor: string | null };

const path = ({ id }: Product, rest: string) => `/api/products/${id}/participations${rest}`;
const put = (product: Product, as: string, body: object = HOME, at: TradeServer = server) =>
  at.call<OwnAddress>('PUT', path(product, '/me/address'), { as, body });
const read = (product: Product, as = 'seller:sel', query = '', at: TradeServer = server) =>
  at.call<List>('GET', path(product, `/addresses${query}`), { as });
async function buy(product: Product, ...buyers: string[]) {
  for (const as of buyers) expect((await server.call('POST', path(product, ''), { as, body: {} })).status).toBe(201);
}
const close = ({ id }: Product) => server.call('POST', `/api/products/${id}/close`, { as: 'seller:sel' });

describe('an address', () => {
  it('is its buyer’s to give and change until the product closes; then the seller reads it, and the buyer sees who did', async () => {
    const product = await create(server);
    await buy(product, 'ann', 'ben');
    expect((await read(product)).body.code).toBe('ILLEGAL_TRANSITION');
    const first = await put(product, 'ann', { ...HOME, recipient: '  김둘 ', line2: undefined });
    expect([first.status, first.body]).toEqual([
      200,
      { ...HOME, recipient: '김둘', line2: undefined, updatedAt: expect.any(String), readBy: [] },
    ]);
    expect(first.headers.get('cache-control')).toBe('no-store');
    await put(product, 'ann');
    const own = () => server.call<OwnAddress>('GET', path(product, '/me/address'), { as: 'ann' });
    expect((await own()).body).toMatchObject({ ...HOME, readBy: [] });
    await close(product);
    const late = await put(product, 'ann', { ...HOME, memo: 'x' });
    expect([late.status, late.body.code]).toEqual([409, 'NOT_RECRUITING']);
    const page = await read(product, 'seller:sel', '?limit=1');
    expect(page.body.items).toMatchObject([{ userId: 'ann', quantity: 1, address: HOME }]);
    const rest = await read(product, 'admin:root', `?limit=1&cursor=${page.body.nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ userId: 'ben', address: null }], nextCursor: null });
    expect((await own()).body.readBy).toEqual([{ userId: 'sel', at: expect.any(String) }]);
    // Who gave none may still do so: the purchase that takes the last place closes the product.
    expect((await put(product, 'ben')).status).toBe(200);
    const audit = await server.call<{ items: AuditEntry[] }>('GET', `/api/products/${product.id}/audit`, {
      as: 'seller:sel',
    });
    const reads = audit.body.items.filter(({ event }) => event === 'addresses.read');
    expect(reads.map(({ actor, data }) => [actor, data])).toEqual([
      ['sel', { format: 'json' }],
      ['root', { format: 'json' }],
    ]);
  });

  it('is nobody else’s: not the seller’s to give, not another buyer’s to read, and gone with the purchase', async () => {
    const product = await create(server);
    await buy(product, 'ann');
    await put(product, 'ann');
    expect((await put(product, 'seller:sel')).status).toBe(403);
    expect((await put(product, 'cho')).status).toBe(404);
    expect((await put({ ...product, id: 'none' }, 'ann')).status).toBe(404);
    for (const as of ['ann', 'seller:other']) expect((await read(product, as)).status).toBe(403);
    expect((await server.call('GET', path(product, '/me/address'), { as: 'ben' })).body).toEqual({ kept: true });
    await server.call('DELETE', path(product, '/me'), { as: 'ann' });
    expect(await given.rows('SELECT 1 FROM addresses WHERE product_id = $1', product.id)).toEqual([]);
    const cancelled = await create(server);
    await buy(cancelled, 'ann');
    await server.call('POST', `/api/products/${cancelled.id}/cancel`, { as: 'seller:sel', body: {} });
    expect((await put(cancelled, 'ann')).body.code).toBe('NOT_RECRUITING');
  });

  it.each([
    ['recipient', '   ', 'must not be empty'],
    ['recipient', '가'.repeat(51), 'must have at most 50 characters'],
    ['phone', '12345', expect.stringContaining('010-1234-5678')],
    ['phone', '010-1234-567', expect.stringContaining('010-1234-5678')],
    ['phone', '+1 415 555 2671', expect.stringContaining('010-1234-5678')],
    ['phone', '1234-5678', expect.stringContaining('010-1234-5678')],
    ['phone', '０１０-1234-5678', expect.stringContaining('010-1234-5678')],
    ['phone', '010-1234-5678 (집)', expect.stringContaining('010-1234-5678')],
    ['recipient', '\u3164', 'must not be empty'],
    ['recipient', '\u200b \u2060', 'must not be empty'],
    ['line1', '\u2800', 'must not be empty'],
    ['postalCode', '０６２３６', expect.stringContaining('five digits')],
    ['postalCode', '٠٦٢٣٦', expect.stringContaining('five digits')],
    ['line2', '101동\u2028202호', expect.stringContaining('one line')],
    ['memo', '문 앞\u0000', expect.anything()],
    ['postalCode', '1234', expect.stringContaining('five digits')],
    ['postalCode', '123-456', expect.stringContaining('five digits')],
    ['line1', undefined, expect.anything()],
    ['line1', 'a\nb', expect.stringContaining('one line')],
    ['memo', '가'.repeat(201), 'must have at most 200 characters'],
  ])('with %s %j is refused by that field, which is told what would be right', async (field, value, message) => {
    const product = await create(server);
    await buy(product, 'ann');
    const refused = await put(product, 'ann', { ...HOME, [field]: value });
    expect([refused.status, refused.body.errors]).toEqual([400, [{ path: field, message }]]);
  });

  it.each([
    '02-123-4567',
    '0212345678',
    '031-1234-5678',
    '01012345678',
    '+82 10 1234 5678',
    '0502-1234-5678',
    '070 1234 5678',
    '010.1234.5678',
    '(02) 123-4567',
    '02)123-4567',
    '0507-1234-5678',
    '+82-(0)10-1234-5678',
    '+821012345678',
    '1588-1234',
    '16881234',
  ])('takes the telephone number %s', async (phone) => {
    const product = await create(server);
    await buy(product, 'ann');
    expect((await put(product, 'ann', { ...HOME, phone })).body.phone).toBe(phone);
  });

  it.each([
    ['제주특별자치도 제주시 우도면 우도해안길 1-1', '63365', '김  하나', '2층 (우도 배편)'],
    ['경상북도 울릉군 울릉읍 독도이사부길 55', '40240', '독도경비대', undefined],
    ['서울특별시 강남구 역삼동 736-1번지', '06236', '홍길동 🍊', '#B1-101호'],
    ['서울중앙우체국 사서함 123호', '04538', '남궁 민수', undefined],
    ['경기도 성남시 분당구 정자일로 95, 1784 (정자동, "가"동)', '13561', "O'Neill, Ann", '101동 1502호 / 경비실'],
    ['세종특별자치시 한누리대로 2130 <b>', '30151', '뷁쀏', 'ㄱ동 ㄴ호'],
  ])('takes the address %s as it is written', async (line1, postalCode, recipient, line2) => {
    const product = await create(server);
    await buy(product, 'ann');
    const given = { ...HOME, line1, postalCode, recipient, ...(line2 ? { line2 } : { line2: undefined }) };
    expect((await put(product, 'ann', given)).status).toBe(200);
    const {
      updatedAt: _,
      readBy: __,
      ...kept
    } = (await server.call<OwnAddress>('GET', path(product, '/me/address'), { as: 'ann' })).body;
    expect(kept).toEqual(JSON.parse(JSON.stringify(given)));
  });

  it('stands in no table, no entry for chat, no change and no line of the log', async () => {
    const product = await create(server, { maxParticipants: 2 });
    await buy(product, 'ann');
    const marked = { ...HOME, recipient: 'MARKER-recipient', line1: 'MARKER-line1', memo: 'MARKER-memo' };
    await put(product, 'ann', marked);
    await put(product, 'ann', { ...marked, phone: 'MARKER-bad' });
    await close(product);
    await read(product);
    const tables = await given.rows<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'trade'`,
    );
    for (const { name } of tables) {
      const found = await given.rows(
        `SELECT t::text FROM "${name}" t WHERE t::text LIKE '%MARKER%' OR t::text LIKE '%' || $1 || '%'`,
        Buffer.from('MARKER').toString('hex'),
      );
      expect([name, found]).toEqual([name, []]);
    }
    expect(given.lines.filter((line) => line.includes('MARKER'))).toEqual([]);
  });

  it('is a file for the seller too, in which no cell is a formula', async () => {
    const product = await create(server);
    await buy(product, 'ann', 'ben', 'cho');
    await put(product, 'ann', {
      ...HOME,
      recipient: '=HYPERLINK("http://evil")',
      phone: '+82 10 1234 5678',
      memo: '-1',
    });
    await put(product, 'ben', { ...HOME, recipient: '@cmd', line1: '1, "2"', memo: '＝1' });
    await close(product);
    const csv = await server.call<string>('GET', path(product, '/addresses?format=csv'), { as: 'seller:sel' });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toContain('attachment');
    const lines = (csv.body as unknown as string).split('\r\n').map((line) => line.replace(/20\d\d-[^,]*Z/, 'AT'));
    expect(lines).toEqual([
      'userId,nickname,quantity,joinedAt,recipient,phone,postalCode,line1,line2,memo',
      `ann,ann,1,AT,"'=HYPERLINK(""http://evil"")","'+82 10 1234 5678",06236,${HOME.line1},${HOME.line2},"'-1"`,
      `ben,ben,1,AT,"'@cmd",010-1234-5678,06236,"1, ""2""",${HOME.line2},"'＝1"`,
      'cho,cho,1,AT,,,,,,',
      '',
    ]);
  });

  it('is erased ADDRESS_DAYS after the end of its product, not before, and not while product or buyer are held', async () => {
    const product = await create(server);
    const other = await create(server);
    for (const one of [product, other]) {
      await buy(one, 'ann');
      await put(one, 'ann');
      await close(one);
    }
    const open = openStore({
      url: given.databaseUrl,
      max: 2,
      log: { child: () => undefined } as never,
      onCommit: () => {},
    });
    await given.rows('ALTER TABLE products DISABLE TRIGGER products_ended_stay_ended');
    await given.rows(`UPDATE products SET closed_at = closed_at - interval '91 days' WHERE id = $1`, product.id);
    await given.rows('ALTER TABLE products ENABLE TRIGGER products_ended_stay_ended');
    for (const [kind, id] of [
      ['PRODUCT', product.id],
      ['USER', 'ann'],
    ]) {
      await given.rows('SELECT trade.hold($1, $2, true, $3, NULL)', kind, id, 'court');
      expect(await open.due.eraseAddresses(90, 100)).toBe(0);
      await given.rows('SELECT trade.hold($1, $2, false, NULL, NULL)', kind, id);
    }
    expect(await open.due.eraseAddresses(90, 100)).toBe(1);
    await open.close();
    const left = await given.rows(
      'SELECT product_id FROM addresses WHERE product_id IN ($1, $2)',
      product.id,
      other.id,
    );
    expect(left).toEqual([{ product_id: other.id }]);
    expect((await read(product)).body.items).toMatchObject([{ userId: 'ann', address: null }]);
  });
});

describe('the keys of addresses', () => {
  it('may be replaced: an address of the old key is read beside the new one, and sealed by it on command', async () => {
    const product = await create(server);
    await buy(product, 'ann', 'ben');
    await put(product, 'ann');
    const both = await given.start({ ADDRESS_KEYS: `${NEW},${OLD}` });
    await put(product, 'ben', { ...HOME, memo: 'by the new key' }, both);
    await close(product);
    expect((await read(product, 'seller:sel', '', both)).body.items.map(({ address }) => address?.memo)).toEqual([
      HOME.memo,
      'by the new key',
    ]);
    // Neither reads nor overwrites what it can't open.
    expect((await read(product)).body).toMatchObject({ code: 'UNAVAILABLE', detail: expect.stringContaining('lacks') });
    const store = openStore({
      url: given.databaseUrl,
      max: 2,
      log: undefined as never,
      onCommit: () => {},
      addressKeys: readTradeEnv({ ...env, ADDRESS_KEYS: `${NEW},${OLD}` }).ADDRESS_KEYS,
    });
    for (let after: AddressPlace | null | undefined; after !== null; ) {
      after = (await store.addressKeys.resealPortion(after ?? null, 2)).last;
    }
    await store.close();
    expect(await given.rows(`SELECT DISTINCT key_id FROM addresses`)).toEqual([{ key_id: 'new' }]);
    const only = await given.start({ ADDRESS_KEYS: NEW });
    expect((await read(product, 'seller:sel', '', only)).body.items[0]).toMatchObject({ address: HOME });
    await both.stop();
    await only.stop();
  });

  it('that are others, or lost, make nothing of what is there: UNAVAILABLE, and the start says which', async () => {
    const product = await create(server);
    await buy(product, 'ann');
    await put(product, 'ann');
    const before = await given.rows('SELECT key_id, sealed FROM addresses WHERE product_id = $1', product.id);
    for (const wrong of [keyOf('old'), keyOf('other')]) {
      given.lines.length = 0;
      const other = await given.start({ ADDRESS_KEYS: wrong });
      expect(given.lines.filter((line) => line.includes('addresses.keys_missing'))).toHaveLength(1);
      expect([
        (await put(product, 'ann', HOME, other)).body.code,
        (await put(product, 'ann', HOME, other)).status,
      ]).toEqual(['UNAVAILABLE', 503]);
      const own = await other.call('GET', path(product, '/me/address'), { as: 'ann' });
      expect(own.body.code).toBe('UNAVAILABLE');
      await other.stop();
    }
    expect(await given.rows('SELECT key_id, sealed FROM addresses WHERE product_id = $1', product.id)).toEqual(before);
  });

  it('bind an address to its product and its buyer: moved to another row it opens nowhere', async () => {
    const product = await create(server);
    await buy(product, 'ann', 'ben');
    await put(product, 'ann');
    await put(product, 'ben');
    await given.rows(
      `UPDATE addresses SET sealed = (SELECT sealed FROM addresses WHERE product_id = $1 AND user_id = 'ann')
       WHERE product_id = $1 AND user_id = 'ben'`,
      product.id,
    );
    expect((await server.call('GET', path(product, '/me/address'), { as: 'ben' })).status).toBe(503);
    expect((await server.call('GET', path(product, '/me/address'), { as: 'ann' })).status).toBe(200);
    // Nor does it keep the seller from the others.
    await close(product);
    const { items } = (await read(product)).body;
    expect(items.map(({ userId, address, unreadable }) => [userId, address, unreadable])).toEqual([
      ['ann', HOME, undefined],
      ['ben', null, true],
    ]);
    const csv = await server.call<string>('GET', path(product, '/addresses?format=csv'), { as: 'seller:sel' });
    expect(csv.body).toMatch(/\r\nben,ben,1,[^,]+,\(unreadable\),,,,,\r\n$/);
    const other = await given.start({ ADDRESS_KEYS: keyOf('old') });
    expect((await read(product, 'seller:sel', '', other)).body).toMatchObject({ code: 'UNAVAILABLE' });
    await other.stop();
  });

  it('are needed: without them no address is taken; bad ones keep the service from starting, and are not quoted', async () => {
    given.lines.length = 0;
    const none = await given.start();
    // There are some of before.
    expect(given.lines.filter((line) => line.includes('addresses.keys_missing'))).toHaveLength(1);
    const product = await create(server);
    await buy(product, 'ann');
    expect((await put(product, 'ann', HOME, none)).body).toMatchObject({
      code: 'NOT_FOUND',
      detail: expect.stringContaining('ADDRESS_KEYS'),
    });
    expect((await none.call('GET', path(product, '/me/address'), { as: 'ann' })).body).toEqual({ kept: false });
    await none.stop();
    for (const [bad, why] of [
      ['a:c2hvcnQ=', /the key "a" must be 32 bytes as base64/],
      [OLD.slice(4), /must be id:base64/],
      [`${OLD},${OLD}`, /is there twice/],
    ] as const) {
      expect(() => readTradeEnv({ ...env, ADDRESS_KEYS: bad })).toThrow(why);
      expect(() => readTradeEnv({ ...env, ADDRESS_KEYS: bad })).not.toThrow(bad.slice(-20));
    }
  });
});

const env = {
  DATABASE_URL: 'postgresql://127.0.0.1/gongu',
  JWT_SECRET: 'a shop signs its tokens with this one',
  SERVICE_JWT_SECRET: 'the services sign theirs with this one',
  ALLOWED_ORIGINS: '*',
};

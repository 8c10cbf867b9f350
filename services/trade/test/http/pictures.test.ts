import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Picture, Product } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { tokenOf } from '../fixture/tokens.ts';
import { create, draft, testTrade } from '../fixture/trade-server.ts';

const { start, rows, dataDir } = await testTrade();
const limits = { PICTURE_MAX_BYTES: '300000', PICTURE_MAX_USER_BYTES: '400000', RATE_PICTURES_PER_HOUR: '8' };
const server = await start(limits);

const blank = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#c84' } });
const png = await blank(60, 40).png().toBuffer();
const noise = (side: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as never,
  });

const put = (body: Uint8Array, { id = randomUUID() as string, as = 'seller:sel', type = 'image/png' } = {}) =>
  server.call<Picture>('PUT', `/api/pictures/${id}`, { as, body, headers: { 'content-type': type } });
const uploaded = async (as?: string) => (await put(png, as === undefined ? {} : { as })).body.id;
const kept = () => readdirSync(join(dataDir, 'pictures', 'products')).sort();
const isKept = (id: string) => kept().some((name) => name.startsWith(id));
const edit = (id: string, body: object, as = 'seller:sel') =>
  server.call<Product>('PATCH', `/api/products/${id}`, { as, body });
/** What the job does, which runs at each start. */
async function sweep(): Promise<void> {
  const other = await start(limits);
  await other.stop();
}

describe('a picture', () => {
  it('is turned upright, loses its metadata, is no larger than is shown, and is public for good by its URL', async () => {
    const turned = await noise(60)
      .resize(2_000, 1_000)
      .jpeg({ quality: 20 })
      .withExif({ IFD0: { Model: 'a telephone' } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const id = randomUUID();
    const { status, body } = await put(turned, { id, type: 'image/jpeg', as: 'seller:upright' });
    expect([status, body]).toEqual([
      200,
      {
        id,
        url: `/api/pictures/files/${id}.jpg`,
        width: 800,
        height: 1_600,
        thumbnailUrl: `/api/pictures/files/${id}-480.webp`,
      },
    ]);
    const shown = await fetch(server.url + body.url);
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      ...{ 'content-type': 'image/jpeg', 'cache-control': 'public, max-age=31536000, immutable' },
      ...{ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'cross-origin' },
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const { width, height, exif } = await sharp(Buffer.from(await shown.arrayBuffer())).metadata();
    expect([width, height, exif]).toEqual([800, 1_600, undefined]);
    const small = await fetch(server.url + body.thumbnailUrl);
    expect(small.headers.get('content-type')).toBe('image/webp');
    expect(await sharp(Buffer.from(await small.arrayBuffer())).metadata()).toMatchObject({ width: 240, height: 480 });
    const none = await server.call('GET', `/api/pictures/files/${randomUUID()}.png`);
    expect([none.status, none.body]).toMatchObject([404, { code: 'NOT_FOUND' }]);
    for (const file of ['..%2Fsecrets.json', `${id}.svg`, id]) {
      expect((await server.call('GET', `/api/pictures/files/${file}`)).status).toBe(400);
    }
  });

  it('that is put once more gets the same answer; another one under its id, and that of somebody else, are refused', async () => {
    const id = randomUUID();
    const [one, two] = await Promise.all([put(png, { id }), put(png, { id })]);
    expect([one.status, two.status, two.body]).toEqual([200, 200, one.body]);
    expect((await put(png, { id })).body).toEqual(one.body);
    const another = await blank(20, 20).png().toBuffer();
    expect(await put(another, { id })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await put(png, { id, as: 'seller:other' })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await put(png, { as: 'ann' })).toMatchObject({
      ...{ status: 403, body: { code: 'FORBIDDEN', detail: 'Only a seller may upload pictures of products' } },
    });
    expect(await put(png, { id: 'mine' })).toMatchObject({ status: 400, body: { errors: [{ path: 'pictureId' }] } });
  });

  it('that is none, or none that can be taken, is refused with what would be right, and leaves nothing', async () => {
    const huge = await blank(1, 1).png().toBuffer();
    huge.writeUInt32BE(20_000, 16);
    huge.writeUInt32BE(20_000, 20);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    const jpeg = await noise(200).jpeg().toBuffer();
    const before = kept();
    const as = 'seller:bad';
    for (const [body, reason, detail] of [
      [
        Buffer.from('PK\x03\x04 and so on'),
        'ARCHIVE',
        /Archives are not taken.*it\. JPEG, PNG, WebP, GIF and AVIF are taken$/,
      ],
      [Buffer.from('some text'), 'TYPE', /none of those that are taken\. JPEG, PNG, WebP, GIF and AVIF are taken$/],
      [huge, 'PICTURE_TOO_LARGE', /more than 50 million pixels/],
      [jpeg.subarray(0, jpeg.length / 2), 'BROKEN', /damaged or cut off/],
      [Buffer.alloc(0), 'EMPTY', /empty/],
      [Buffer.from('%PDF-1.7'), 'TYPE', /application\/pdf: JPEG, PNG, WebP, GIF and AVIF are taken/],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'SVG', /SVG can hold scripts/],
    ] as const) {
      const answer = await put(body, { as });
      const { code, reason: named, detail: says } = answer.body as { code?: string; reason?: string; detail?: string };
      expect([answer.status, code, named, says]).toEqual([
        422,
        'UPLOAD_REFUSED',
        reason,
        expect.stringMatching(detail),
      ]);
    }
    expect(await put(Buffer.alloc(300_001), { as })).toMatchObject({
      ...{ status: 413, body: { code: 'TOO_LARGE', detail: 'At most 300000 bytes are taken', maxBytes: 300_000 } },
    });
    expect(kept()).toEqual(before);
    expect(await rows('SELECT id FROM pictures WHERE user_id = $1', 'bad')).toEqual([]);
  });

  it('with more bytes than its length says is cut there, with fewer it was never there, and of who is no seller nobody waits for it', async () => {
    const { hostname, port } = new URL(server.url);
    const noisy = await noise(60).png().toBuffer();
    const whole = noisy.subarray(0, 2 * Math.floor(noisy.length / 2));
    async function send(length: number, isEnded: boolean, as = 'seller:raw'): Promise<string> {
      const socket = connect(Number(port), hostname);
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk)).on('error', () => {});
      const head = [`PUT /api/pictures/${randomUUID()} HTTP/1.1`, 'host: x', 'content-type: image/png'];
      const token = `authorization: Bearer ${tokenOf(as)}`;
      socket.write(`${[...head, token, `content-length: ${length}`].join('\r\n')}\r\n\r\n`);
      socket.write(whole);
      if (isEnded) socket.end();
      await new Promise((resolve) => socket.once('close', resolve));
      return answer;
    }
    expect(await send(whole.length / 2, true)).toMatch(/UPLOAD_REFUSED/);
    await send(whole.length + 10, true);
    expect(await send(whole.length + 10, true, 'ann')).toMatch(/FORBIDDEN/);
    expect(await rows('SELECT id FROM pictures WHERE user_id = $1', 'raw')).toEqual([]);
  });

  it('is one of few in an hour, and of few bytes', async () => {
    const as = 'seller:eager';
    const large = await noise(230).png().toBuffer();
    for (let n = 0; n < 2; n++) expect((await put(large, { as })).status).toBe(200);
    expect(await put(large, { as })).toMatchObject({
      ...{ status: 422, body: { code: 'UPLOAD_REFUSED', reason: 'QUOTA' } },
    });
    for (let n = 0; n < 6; n++) expect((await put(png, { as })).status).toBe(200);
    const late = await put(png, { as });
    expect([late.status, late.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(3_000);
  });
});

describe('pictures of a product', () => {
  it('are shown in their order, change by an edit, and go when they are taken from it', async () => {
    const as = 'seller:order';
    const [one, two, three] = [await uploaded(as), await uploaded(as), await uploaded(as)];
    const made = await server.call<Product>('POST', '/api/products', { as, body: draft({ pictures: [one, two] }) });
    expect(made.body.pictures.map(({ id }) => id)).toEqual([one, two]);
    const { id } = made.body;
    const edited = await edit(id, { pictures: [three, one] }, as);
    expect([edited.status, edited.body.version]).toEqual([200, 2]);
    const found = (await server.call<Product>('GET', `/api/products/${id}`)).body;
    expect(found.pictures).toEqual(edited.body.pictures);
    expect(found.pictures.map((picture) => picture.id)).toEqual([three, one]);
    // The same again is no change.
    expect((await edit(id, { pictures: [three, one] }, as)).body.version).toBe(2);
    await sweep();
    await eventually(() => expect(isKept(two)).toBe(false));
    expect([isKept(one), isKept(three)]).toEqual([true, true]);
    const card = await (await fetch(`${server.url}/api/products/${id}/card?url=https://shop.example/p`)).text();
    expect(card).toContain(`<meta property="og:image" content="https://shop.example/api/pictures/files/${three}.png">`);
    expect(card).toContain('<meta property="og:image:width" content="60">');
  });

  it('are the seller’s own, of no other product, and at most ten, each once', async () => {
    const as = 'seller:own';
    const mine = await uploaded(as);
    const others = await uploaded('seller:stranger');
    const { id } = await create(server);
    const refusal = { status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ path: 'pictures' }] } };
    for (const pictures of [[others], [randomUUID()], [mine, others]]) {
      const answer = await server.call('POST', '/api/products', { as, body: draft({ pictures }) });
      expect(answer).toMatchObject(refusal);
    }
    expect(await edit(id, { pictures: [mine] })).toMatchObject(refusal);
    const taken = await server.call<Product>('POST', '/api/products', { as, body: draft({ pictures: [mine] }) });
    expect(taken.status).toBe(201);
    expect(await server.call('POST', '/api/products', { as, body: draft({ pictures: [mine] }) })).toMatchObject(
      refusal,
    );
    for (const pictures of [[mine, mine], Array.from({ length: 11 }, () => randomUUID()), ['x']]) {
      expect((await edit(id, { pictures })).body.code).toBe('VALIDATION_FAILED');
    }
  });

  it('that no product took go after a day, and those of a product with it', async () => {
    const as = 'seller:leaves';
    const [free, had] = [await uploaded(as), await uploaded(as)];
    const made = await server.call<Product>('POST', '/api/products', { as, body: draft({ pictures: [had] }) });
    await rows("UPDATE pictures SET loose_since = now() - interval '25 hours' WHERE id = ANY ($1)", [free, had]);
    await sweep();
    await eventually(() => expect(isKept(free)).toBe(false));
    expect(isKept(had)).toBe(true);
    await rows('DELETE FROM products WHERE id = $1', made.body.id);
    await sweep();
    await eventually(() => expect(isKept(had)).toBe(false));
    expect(await rows('SELECT id FROM pictures WHERE id = ANY ($1)', [free, had])).toEqual([]);
  });
});

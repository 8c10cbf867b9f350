import { randomUUID } from 'node:crypto';
import type { Picture, Product } from '@gongu/shared';
import { startVersityGw, type TestS3, versityGwProgram } from '@gongu/testkit';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, type TradeServer, testTrade } from '../fixture/trade-server.ts';

const given = versityGwProgram() ? await testTrade() : null;

describe.runIf(given)('with the pictures in an S3 that checks signatures', () => {
  let s3: TestS3;
  let server: TradeServer;
  const started = () =>
    given!.start({
      ...{ S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, S3_REGION: s3.region, S3_PATH_STYLE: 'true' },
      ...{ S3_ACCESS_KEY_ID: s3.accessKeyId, S3_SECRET_ACCESS_KEY: s3.secretAccessKey },
    });
  beforeAll(async () => {
    s3 = await startVersityGw();
    server = await started();
  });
  afterAll(async () => {
    await server?.stop();
    await s3?.close();
  });

  it('one is put, shown to everybody by its product, and gone when no product has it; what is refused is not kept', async () => {
    const blank = sharp({ create: { width: 900, height: 600, channels: 3, background: '#c84' } });
    const as = 'seller:sel';
    const put = (body: Uint8Array, id = randomUUID() as string) =>
      server.call<Picture>('PUT', `/api/pictures/${id}`, { as, body, headers: { 'content-type': 'image/png' } });
    const picture = await blank.png().toBuffer();
    const { status, body } = await put(picture);
    expect([status, body]).toMatchObject([200, { width: 900, height: 600 }]);
    expect((await put(picture, body.id)).body).toEqual(body);
    const refused = await put(Buffer.from('PK\x03\x04 and so on'));
    expect([refused.status, refused.body.code]).toEqual([422, 'UPLOAD_REFUSED']);

    const { id, pictures } = await create(server, { pictures: [body.id] });
    expect(pictures).toEqual([body]);
    const look = (url: string) => fetch(server.url + url);
    const [whole, small] = [await look(body.url), await look(body.thumbnailUrl)];
    expect([whole, small].map((one) => [one.status, one.headers.get('content-type')])).toEqual([
      [200, 'image/png'],
      [200, 'image/webp'],
    ]);
    const { width, height } = await sharp(Buffer.from(await whole.arrayBuffer())).metadata();
    expect([width, height, (await small.arrayBuffer()).byteLength > 0]).toEqual([900, 600, true]);

    await server.call<Product>('PATCH', `/api/products/${id}`, { as, body: { pictures: [] } });
    // What is loose is removed by a job, which runs at each start.
    const other = await started();
    for (const url of [body.url, body.thumbnailUrl]) {
      await expect.poll(async () => (await look(url)).status).toBe(404);
    }
    await other.stop();
  });
});

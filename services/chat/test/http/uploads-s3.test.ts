import { startVersityGw, type TestS3, versityGwProgram } from '@gongu/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { pngOf, uploader } from '../fixture/uploads.ts';

describe.skipIf(!versityGwProgram())('with the files in an S3 that checks signatures', () => {
  const given = chatOfThisFile();
  let chat: Instance;
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startVersityGw();
    chat = await given.start({
      ...{ CHANGES: 'on', S3_BUCKET: s3.bucket, S3_ENDPOINT: s3.endpoint, S3_REGION: s3.region, S3_PATH_STYLE: 'true' },
      ...{ S3_ACCESS_KEY_ID: s3.accessKeyId, S3_SECRET_ACCESS_KEY: s3.secretAccessKey },
    });
  });
  afterAll(() => s3?.close());
  const files = uploader(() => chat, given.dataDir);

  it('a file is announced, put, looked at, sent, shown by a link, and gone with its message; none passes the service', async () => {
    const { path } = await files.room();
    const picture = await pngOf(600, 400);
    const { upload, completed } = await files.uploaded(path, picture, { type: 'image/png' });
    expect(new URL(upload.url).origin).toBe(s3.endpoint);
    expect(completed.body).toMatchObject({ type: 'image/png', width: 600, thumbnail: { width: 480, height: 320 } });
    expect((await files.put(upload, picture)).status).toBe(412);
    const document = await files.uploaded(path, Buffer.from('%PDF-1.7'), { name: '안내.pdf', type: 'application/pdf' });
    const ids = [upload.uploadId, document.upload.uploadId];
    const { seq } = (await files.send(path, ids)).body;
    const links = await Promise.all(ids.map(async (id) => (await files.linkOf(path, id)).body));
    const urls = links.flatMap(({ url, thumbnailUrl }) => [url, ...(thumbnailUrl ? [thumbnailUrl] : [])]);
    const shown = await Promise.all(urls.map((url) => fetch(url)));
    expect(shown.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
      [200, 'image/png'],
      [200, 'image/webp'],
      [200, 'application/pdf'],
    ]);
    expect(shown[2]!.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect((await shown[0]!.arrayBuffer()).byteLength).toBe(completed.body.bytes);
    await chat.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' });
    for (const url of urls) await expect.poll(async () => (await fetch(url)).status).toBe(404);
    expect(files.kept('')).toEqual([]);
  });

  it('what is refused is not kept there, and can not be completed', async () => {
    const { path } = await files.room();
    const { upload, completed } = await files.uploaded(path, Buffer.from('PK\x03\x04 and more'));
    expect([completed.status, completed.body.code]).toEqual([422, 'UPLOAD_REFUSED']);
    // Its place is free again, and of no use.
    await expect.poll(async () => (await files.put(upload, Buffer.from('PK\x03\x04 and more'))).status).toBe(200);
    expect((await files.complete(path, upload)).body.code).toBe('UPLOAD_REFUSED');
  });
});

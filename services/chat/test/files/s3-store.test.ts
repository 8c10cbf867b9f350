import { createS3Store } from '@gongu/host';
import { startVersityGw, type TestS3, versityGwProgram } from '@gongu/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { fileStoreContract } from '../contract/file-store.contract.ts';

describe.skipIf(!versityGwProgram())('with versitygw, an S3 that checks signatures', () => {
  let s3: TestS3;
  const storeOf = ({ bucket, endpoint, region, accessKeyId, secretAccessKey }: TestS3, agoMs = 0) =>
    createS3Store({
      place: { bucket, region, endpoint, pathStyle: true, credentials: { accessKeyId, secretAccessKey } },
      now: () => Date.now() - agoMs,
    });

  fileStoreContract('S3', async () => {
    s3 = await startVersityGw();
    const [store, earlier] = await Promise.all([storeOf(s3), storeOf(s3, 3_600_000)]);
    const close = async () => {
      for (const one of [store, earlier]) one.close();
    };
    return { store, earlier, base: '', afterNow: () => Date.now() + 5_000, close };
  });
  afterAll(() => s3?.close());

  it('a bucket that is not there, another secret and a server that is away are UNAVAILABLE', async () => {
    for (const wrong of [{ bucket: 'none' }, { secretAccessKey: 'wrong' }, { endpoint: 'http://127.0.0.1:1' }]) {
      const store = await storeOf({ ...s3, ...wrong });
      await expect(store.write('files/x', new Uint8Array(1), 'image/png')).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      store.close();
    }
  });
});

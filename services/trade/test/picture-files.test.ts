import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore, createS3Store } from '@gongu/host';
import { startVersityGw, versityGwProgram } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { pictureFilesContract } from './contract/picture-files.contract.ts';

pictureFilesContract('a folder', async () => {
  const folder = join(tmpdir(), `gongu-pictures-${randomUUID()}`);
  return {
    files: createFolderStore({ folder }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

describe.skipIf(!versityGwProgram())('with versitygw, an S3 that checks signatures', () => {
  pictureFilesContract('S3', async () => {
    const s3 = await startVersityGw();
    const { bucket, endpoint, region, accessKeyId, secretAccessKey } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    const files = await createS3Store({ place: { bucket, region, endpoint, pathStyle: true, credentials } });
    return {
      files,
      async close() {
        files.close();
        await s3.close();
      },
    };
  });
});

it('an S3 that is away is UNAVAILABLE', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const place = { bucket: 'b', region: 'r', endpoint: 'http://127.0.0.1:1', pathStyle: true, credentials };
  const files = await createS3Store({ place });
  await expect(files.open('products/x.png')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  files.close();
});

import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore, createHttp, createLog } from '@gongu/host';
import { expect, it } from 'vitest';
import { createSignedPaths, FILES_PATH } from '../../src/files/signed-paths.ts';
import { fileRoutes } from '../../src/http/file-routes.ts';
import { fileStoreContract } from '../contract/file-store.contract.ts';

fileStoreContract('a folder', async () => {
  const folder = join(tmpdir(), `gongu-folder-${randomUUID()}`);
  const secret = randomUUID();
  const [paths, past] = [0, 3_600_000].map((agoMs) => createSignedPaths({ secret, now: () => Date.now() - agoMs })) as [
    ReturnType<typeof createSignedPaths>,
    ReturnType<typeof createSignedPaths>,
  ];
  const store = createFolderStore({ folder, paths });
  const service = { name: 'files', version: '0', description: 'files' };
  const app = createHttp({ log: createLog({ service: 'test', level: 'silent' }), service, allowedOrigins: '*' });
  fileRoutes(app, { paths, files: store, base: FILES_PATH, maxBytes: 1_000 });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...{ store, earlier: createFolderStore({ folder, paths: past }), base, afterNow: () => Date.now() + 5_000 },
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

it('a folder is closed to others, and those above it that it makes can be passed: what else lies there may be of another user', async () => {
  const above = join(tmpdir(), `gongu-folder-${randomUUID()}`);
  const folder = join(above, 'chat', 'files');
  try {
    await createFolderStore({ folder }).write('a/b', Buffer.from('a text'));
    const modes = await Promise.all(
      [above, join(above, 'chat'), folder].map(async (one) => (await stat(one)).mode & 0o777),
    );
    expect(modes.map((mode) => mode.toString(8))).toEqual(['711', '711', '700']);
  } finally {
    await rm(above, { recursive: true, force: true });
  }
});

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore, createHttp, createLog } from '@gongu/host';
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

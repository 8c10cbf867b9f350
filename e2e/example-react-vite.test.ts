import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Consumer, consumer, inRepository } from '@gongu/testkit';
import { browserProgram } from '@gongu/testkit/browser';
import { type Site, startSite } from '@gongu/web/site';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { call } from './fixture/pair.ts';
import { openShop, type Visitor } from './fixture/shop.ts';

const EXAMPLE = 'examples/react-vite';
/** Where the npm packages are that the example names. */
const [OF_REACT, OF_WEB] = ['react', '../apps/web'];

function copied(): Consumer {
  const project = consumer(['shared', 'client', 'react'], {
    zod: 'shared',
    ...Object.fromEntries(
      ['react', 'react-dom', '@types/react', '@types/react-dom', '@tanstack/virtual-core'].map((name) => [
        name,
        OF_REACT!,
      ]),
    ),
    ...{ vite: OF_WEB!, '@vitejs/plugin-react': OF_WEB! },
  });
  cpSync(inRepository(EXAMPLE), project.root, {
    recursive: true,
    filter: (path) => !/[\\/](?:node_modules|vendor|dist)$/.test(path),
  });
  return project;
}

/** Runs a program in the project. @throws what it said, when it fails */
function run(project: Consumer, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const options = { cwd: project.root, encoding: 'utf8', env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  if (status !== 0) throw new Error(stdout + stderr);
}

describe('examples/react-vite', () => {
  const shop = openShop();
  let project: Consumer;
  beforeAll(() => {
    project = copied();
  });
  afterAll(() => project?.remove());

  test('names the versions that the workspace has, and the tarballs that `pnpm packages` makes', () => {
    const of = (file: string) => JSON.parse(readFileSync(inRepository(file), 'utf8'));
    const { dependencies, devDependencies } = of(`${EXAMPLE}/package.json`);
    const web = of('apps/web/package.json');
    const known = { ...of('package.json').devDependencies, ...web.dependencies, ...web.devDependencies };
    for (const [name, version] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
      const [, own] = /^@gongu\/(.+)$/.exec(name) ?? [];
      const tarball = own && `file:vendor/gongu-${own}-${of(`packages/${own}/package.json`).version}.tgz`;
      expect([name, version]).toEqual([name, tarball ?? known[name]]);
    }
  });

  test('has types that fit those of the packages', () => {
    run(project, [inRepository('node_modules/typescript/bin/tsc'), '-p', project.root]);
  });

  it.skipIf(!browserProgram())('is built by Vite, and two people buy and talk in it', async () => {
    const { chat, tradeUrl } = shop.pair;
    const env = { VITE_CHAT_URL: chat.url, VITE_TRADE_URL: tradeUrl };
    run(project, [join(project.root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], env);
    const port = (url: string) => Number(new URL(url).port);
    const site: Site = await startSite({
      ...{ assets: join(project.root, 'dist'), host: '127.0.0.1', port: 0 },
      ...{ chatPort: port(chat.url), tradePort: port(tradeUrl) },
    });
    try {
      await shop.product('sue', { title: 'Mandarins', maxParticipants: 5 });
      const baseURL = `http://127.0.0.1:${site.port}`;
      const enter = async (nickname: string, title = 'Mandarins', places = 5): Promise<Visitor> => {
        const visitor = await shop.visitor({ baseURL });
        await visitor.go('/');
        await visitor.page.getByLabel('Nickname').fill(nickname);
        await visitor.press('Sign in');
        await visitor.press(title);
        await visitor.reads(`${places} places left`);
        return visitor;
      };
      const [ann, bob] = [await enter('ann'), await enter('bob')];
      await ann.press('Take a place');
      await ann.reads('You take part.');
      await bob.reads('4 places left');
      await bob.say('Are they ripe?');
      await ann.sees('Are they ripe?');
      await ann.reads('2 in the conversation');

      // A refusal is one's of its click: there may be a place with the next one.
      const pears = await shop.product('sue', { title: 'Pears', maxParticipants: 1, waitingList: true });
      const place = (method: string, more = '') =>
        call(method, `${tradeUrl}/api/products/${pears}/participations${more}`, shop.pair.user('cat'), {});
      expect((await place('POST')).status).toBe(201);
      const dan = await enter('dan', 'Pears', 0);
      await dan.press('Take a place');
      await dan.reads('CAP_REACHED');
      expect((await place('DELETE', '/me')).status).toBe(204);
      await dan.reads('1 places left');
      await dan.press('Take a place');
      await dan.reads('You take part.');
    } finally {
      await site.stop();
    }
  });
});

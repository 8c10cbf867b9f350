import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '@gongu/testkit';
import type { Shop, Trial } from './trial.ts';
import { fileOf, NO_REGISTRY, type Project } from './workbench.ts';

/** The time for a server to say where it listens. */
const READY_MS = 60_000;

/** Next.js with pages by App Router: built, served, and talked in by somebody whose browser is Korean. */
export const NEXT_TRIALS: readonly Trial[] = [
  ['16.4.6', '19.2.9', '19.3.0', '19.3.0'],
  ['15.5.29', '19.2.9', '19.3.0', '19.3.0'],
  ['14.2.8', '18.3.1', '18.3.32', '18.3.7'],
].map(([next, react, reactTypes, domTypes]) => ({
  name: `Next.js ${next}`,
  async run(bench, shop) {
    const project = bench.project(`next-${next}`, {
      'package.json': '{"private":true}',
      'app/layout.tsx': fileOf('next-layout.tsx'),
      'app/chat.tsx': fileOf('next-chat.tsx'),
      'app/products/[id]/page.tsx': fileOf('next-page.tsx'),
    });
    const packages = [
      `next@${next}`,
      `react@${react}`,
      `react-dom@${react}`,
      'typescript@5.9.3',
      '@types/node@20.19.0',
    ];
    const types = [`@types/react@${reactTypes}`, `@types/react-dom@${domTypes}`];
    const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', NO_REGISTRY];
    await project.run('npm', ['install', ...quiet, ...bench.tarballs, ...packages, ...types]);
    const env = { NEXT_PUBLIC_CHAT_URL: shop.chatUrl, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
    await project.run('npx', ['next', 'build'], env);
    await served(project, env, (url) => talked(url, shop));
    return `React ${react}: built with its types, rendered by the server, taken over by the browser without a complaint`;
  },
}));

async function served(
  { folder }: Project,
  env: Readonly<Record<string, string>>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const child = spawn('node', ['node_modules/next/dist/bin/next', 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    const until = performance.now() + READY_MS;
    while (!(await fetch(url).catch(() => null))) {
      if (child.exitCode !== null || performance.now() > until) throw new Error('next start does not answer');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await use(url);
  } finally {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

async function talked(url: string, shop: Shop): Promise<void> {
  const page = `${url}/products/${shop.productId}?token=${shop.token('ann')}`;
  const html = await (await fetch(page)).text();
  if (!html.includes('gongu-room')) throw new Error(`the server has not rendered the room: ${html.slice(0, 500)}`);
  const context = await shop.browser.newContext({ locale: 'ko-KR' });
  try {
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('pageerror', (error) => complaints.push(String(error)));
    tab.on('console', (message) => {
      const isMissingIcon = message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && !isMissingIcon) complaints.push(message.text());
    });
    await tab.goto(page);
    const text = `안녕하세요, ${url}`;
    await tab.locator('.gongu-status').waitFor();
    await tab.locator('textarea').fill(text);
    await tab.locator('.gongu-send').click();
    await tab.locator('[data-seq] .gongu-text', { hasText: text }).waitFor();
    await shop.say('bob', `back to ${url}`);
    await tab.locator('.gongu-text', { hasText: `back to ${url}` }).waitFor();
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
  } finally {
    await context.close();
  }
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataDir, writeRunFile } from '@gongu/host';
import { takeOwnership } from '@gongu/host/embedded';
import { answersOk, createRegister, endLeftovers, type Lifecycle, readable, type Terminal } from '@gongu/sim/supervise';
import { startSite } from '@gongu/web/site';
import { type BannerOptions, banner } from './banner.ts';
import { buildRest, compressBuiltPage } from './build-rest.ts';
import { LEFTOVERS, openDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';
import { restartOnChange } from './dev-services.ts';
import { followLog } from './log-file.ts';
import { createPeople } from './people.ts';
import { claimPort, isLoopback, localHost } from './ports.ts';
import { checkOf } from './probe.ts';
import { openRedis } from './redis.ts';
import { ensureSamples } from './samples.ts';
import { keepSecrets } from './secrets.ts';
import { createServiceProcess, type ServiceProcess } from './service-process.ts';
import { readSettings } from './settings.ts';

export interface BringUpOptions {
  /** The repository's folder. */
  root: string;
  /** What the user has set, `.env` included. */
  env: NodeJS.ProcessEnv;
  /** Page and services change with their sources. */
  dev: boolean;
  lifecycle: Lifecycle;
  terminal: Terminal;
  /** Epoch milliseconds. */
  now: () => number;
  /** When the command began; epoch milliseconds. */
  startedAt: number;
}

/** A process of the system. */
interface Part {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly url: string;
  /** URL that is answered by 200 once it is ready. */
  readonly isReady: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Longest wait for a sample's room, which trade's outbox opens a moment after the product. */
const ROOM_MS = 10_000;
/** Time for chat to find Redis, before it is said that it is not there. */
const REDIS_MS = 3_000;
/** What a service needs beyond DRAIN_MS, which is for its sockets alone. */
const STOP_MARGIN_MS = 7_000;
/** DRAIN_MS in `pnpm dev`: whoever changes a source waits for the restart, and the only clients are his own. */
const DEV_DRAIN_MS = '500';

/**
 * From nothing to a system that answers. Every part that was started is added to the lifecycle, so that a failure or a
 * Ctrl-C halfway leaves nothing behind.
 *
 * @throws StartError, EnvError, or an error of the system: all become one clear line
 */
export async function bringUp({ root, env, dev, lifecycle, terminal, now, startedAt }: BringUpOptions): Promise<void> {
  const { stopping } = lifecycle;
  const settings = readSettings(env);
  const dir = openDataDir(dataDir(env));
  const children = dir.file('children.json');
  const stopMs = settings.DRAIN_MS + STOP_MARGIN_MS;

  lifecycle.add({ name: 'ownership', stop: takeOwnership({ root: dir.path, owner: dir.file('supervisor.json') }) });
  await endLeftovers({ file: children, order: LEFTOVERS, patienceMs: stopMs, terminal });
  if (settings.DEV_LOGIN) tellWhoMaySignIn(settings.HOST, terminal);
  const chatPort = await claimPort('CHAT_PORT', settings.CHAT_PORT, settings.HOST);
  const tradePort = await claimPort('TRADE_PORT', settings.TRADE_PORT, settings.HOST);
  const chatUrl = `http://${localHost(settings.HOST)}:${chatPort}`;
  const webPort = await claimPort('WEB_PORT', settings.WEB_PORT, settings.HOST);
  const payPort = settings.PAYMENTS ? await claimPort('PAY_PORT', settings.PAY_PORT, settings.HOST) : undefined;
  const tradeUrl = `http://${localHost(settings.HOST)}:${tradePort}`;
  const webUrl = `http://${localHost(settings.HOST)}:${webPort}`;
  const secrets = keepSecrets(dir.file('secrets.json'));
  if (stopping.aborted) return;

  // Beside the database, whose first start is mostly waiting for the disk.
  const building = buildRest({ root, dev });
  building.catch(() => {}); // it is awaited below
  const { DATABASE_URL: url, DATABASE_POOLER: pooler } = settings;
  const database = await openDatabase({ url, pooler, dataDir: dir.path, terminal, stopping });
  lifecycle.add({ name: 'PostgreSQL', stop: database.stop });
  if (stopping.aborted) return;
  terminal.say(`${database.title} is ready`);

  const register = createRegister(children);
  lifecycle.add({ name: 'the list of processes', stop: register.clear });
  const redis = await openRedis({
    url: settings.REDIS_URL,
    env,
    dir: dir.file('redis'),
    logFile: dir.log('redis'),
    terminal,
    note: (pid) => register.note('Redis', pid),
    add: lifecycle.add,
    stopping,
  });
  if (stopping.aborted) return;

  await building.catch((error) => {
    // A Ctrl-C of the terminal ends the builders too.
    if (!stopping.aborted) throw error;
  });
  if (stopping.aborted) return;

  const variables = {
    HOST: settings.HOST,
    DATABASE_URL: database.url,
    ...(redis.url === undefined ? {} : { REDIS_URL: redis.url }),
    JWT_SECRET: settings.JWT_SECRET ?? secrets.JWT_SECRET,
    SERVICE_JWT_SECRET: settings.SERVICE_JWT_SECRET ?? secrets.SERVICE_JWT_SECRET,
    ALLOWED_ORIGINS: withWeb(env.ALLOWED_ORIGINS?.trim() || '*', webUrl),
    DEV_LOGIN: settings.DEV_LOGIN ? '1' : '0',
    // All of this version, unless somebody says otherwise.
    CHANGES: env.CHANGES?.trim() || 'on',
    CONTENT_KEYS: env.CONTENT_KEYS?.trim() || secrets.CONTENT_KEYS,
    PUSH_KEY: env.PUSH_KEY?.trim() || secrets.PUSH_KEY,
    ADDRESS_KEYS: env.ADDRESS_KEYS?.trim() || secrets.ADDRESS_KEYS,
    PUSH_CONTACT: env.PUSH_CONTACT?.trim() || 'mailto:shop@example.com',
  };
  const shopSecret = settings.SHOP_JWT_SECRET ?? (settings.PAYMENTS ? secrets.SHOP_JWT_SECRET : undefined);
  const forShop = shopSecret === undefined ? {} : { SHOP_JWT_SECRET: shopSecret };
  const toShop = {
    // The program is on this machine.
    ...(settings.PAYMENTS ? { WEBHOOK_ALLOW_PRIVATE: 'true' } : {}),
  };
  const drain = dev ? { DRAIN_MS: env.DRAIN_MS?.trim() || DEV_DRAIN_MS } : {};
  const toChat = { CHAT_URL: env.CHAT_URL?.trim() || chatUrl };
  const [chat, trade] = await Promise.all([
    startService('chat', chatUrl, { CHAT_PORT: String(chatPort), ...forShop, ...drain }),
    startService('trade', tradeUrl, { TRADE_PORT: String(tradePort), ...toChat, ...forShop, ...toShop, ...drain }),
  ]);
  if (stopping.aborted) return;

  if (payPort !== undefined) await startPayments(payPort);
  if (stopping.aborted) return;
  await startWeb();
  if (stopping.aborted) return;

  const urls = { CHAT_URL: chatUrl, TRADE_URL: tradeUrl, WEB_URL: webUrl };
  const runFile = writeRunFile({ DATA_DIR: dir.path }, { ...urls, ...variables });
  lifecycle.add({ name: 'run.json', stop: () => rmSync(runFile, { force: true }) });
  const people = createPeople(variables);
  const [products] = await Promise.all([samples(), redis.url === undefined ? undefined : lookAtRedis()]);
  if (stopping.aborted) return;
  if (dev) {
    const services = new Map([
      ['chat', chat],
      ['trade', trade],
    ]);
    lifecycle.add(await restartOnChange({ root, services, terminal, stopping }));
  }
  const seconds = (now() - startedAt) / 1_000;
  const facts = { webUrl, chatUrl, tradeUrl, database: database.title, redis: redis.title, dataDir: dir.path };
  terminal.say(banner({ ...facts, people, products, seconds }));
  if (!dev) {
    compressBuiltPage({ root, signal: stopping }).catch((error) =>
      terminal.warn(`the page stays uncompressed: ${error}`),
    );
  }

  function startService(name: string, url: string, more: NodeJS.ProcessEnv): Promise<ServiceProcess> {
    const main = join(root, 'services', name, 'dist', 'main.mjs');
    const command = [process.execPath, '--enable-source-maps', main] as const;
    return startProcess({ name, command, cwd: root, url, isReady: `${url}/readyz`, env: { ...variables, ...more } });
  }

  /** A shop's back end for payments, as the example is one. */
  async function startPayments(port: number): Promise<void> {
    const url = `http://${localHost(settings.HOST)}:${port}`;
    const command = [process.execPath, join(root, 'examples', 'payments.mjs')] as const;
    const own = {
      TRADE_URL: tradeUrl,
      ...toChat,
      PORT: String(port),
      PUBLIC_URL: url,
      STATE_DIR: dir.file('payments'),
    };
    const env = { ...own, HOST: settings.HOST, SHOP_ORIGINS: '*', SHOP_JWT_SECRET: shopSecret };
    await startProcess({ name: 'payments', command, cwd: root, url, isReady: `${url}/healthz`, env });
  }

  /** After the services: a page that is there has somebody to talk to, and it goes first. */
  async function startWeb(): Promise<void> {
    const { HOST: host } = settings;
    if (!dev) {
      const assets = join(root, 'apps', 'web', 'dist');
      const site = await startSite({
        ...{ assets, host, port: webPort, chatPort, tradePort, payPort },
        payUrl: settings.PAY_URL,
        filesOrigin: settings.FILES_ORIGIN,
      });
      lifecycle.add({ name: 'web', stop: site.stop });
      return terminal.say(`web is ready on ${webUrl}`);
    }
    const cwd = join(root, 'apps', 'web');
    const vite = join(cwd, 'node_modules', 'vite', 'bin', 'vite.js');
    const command = [
      process.execPath,
      vite,
      '--host',
      host,
      '--port',
      String(webPort),
      '--strictPort',
      '--logLevel',
      'warn',
    ] as const;
    const pay = payPort === undefined ? {} : { PAY_PORT: String(payPort) };
    const ports = { CHAT_PORT: String(chatPort), TRADE_PORT: String(tradePort), ...pay };
    await startProcess({ name: 'web', command, cwd, url: webUrl, isReady: webUrl, env: ports });
  }

  async function startProcess(what: Part): Promise<ServiceProcess> {
    const { name, command, cwd, url, isReady, env: more } = what;
    const onLine = (line: string) => {
      const text = readable(name, line);
      if (text) terminal.warn(text);
    };
    const log = followLog({ file: dir.log(name), onLine });
    lifecycle.add({ name: `${name}'s log`, stop: log.close });
    const service = createServiceProcess({
      name,
      command,
      cwd,
      env: { ...env, DATA_DIR: dir.path, ...more },
      log,
      terminal,
      isReady: () => answersOk(isReady),
      note: (pid) => register.note(name, pid),
      stopping,
      stopMs,
    });
    lifecycle.add({ name, ...service });
    await service.start();
    if (!stopping.aborted) terminal.say(`${name} is ready on ${url}`);
    return service;
  }

  /** Chat goes on without it, so this only tells. */
  async function lookAtRedis(): Promise<void> {
    for (let waited = 0; waited < REDIS_MS && !stopping.aborted; waited += 100) {
      if ((await checkOf(chatUrl, 'redis')) === 'ok') return;
      await sleep(100, undefined, { signal: stopping }).catch(() => {});
    }
    if (stopping.aborted) return;
    terminal.warn(
      `${redis.title} does not answer: messages go by way of PostgreSQL until it does, within about a second`,
    );
  }

  /** They are a courtesy: without them everything else works. */
  async function samples(): Promise<BannerOptions['products']> {
    const { userId: sellerId, token: sellerToken } = people.seller;
    try {
      const { products, created } = await ensureSamples({
        ...{ tradeUrl, sellerId, sellerToken, now, signal: stopping },
        pays: settings.PAYMENTS,
      });
      if (created > 0) terminal.say(`${created} sample products created`);
      const room = `${chatUrl}/api/chat/rooms/${products[0]?.roomId}`;
      const headers = { authorization: `Bearer ${sellerToken}` };
      for (let waited = 0; waited < ROOM_MS; waited += 100) {
        if (await answersOk(room, { headers })) return products;
        await sleep(100, undefined, { signal: stopping });
      }
      terminal.warn('the sample products have no rooms yet: see logs/trade.log');
      return products;
    } catch (error) {
      if (!stopping.aborted) terminal.warn(`no sample products: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  }
}

/** Before anything listens: afterwards it may be too late. */
function tellWhoMaySignIn(host: string, terminal: Terminal): void {
  if (isLoopback(host)) {
    terminal.say('for development: whoever is on this machine may sign in as anybody (HOST=0.0.0.0: its network too)');
  } else {
    const who = `whoever reaches ${host} over the network may sign in as anybody`;
    terminal.warn(`for development only: ${who}. Without HOST it stays on this machine`);
  }
}

/** The origins that may call, with that of the page, under both names of this machine. */
function withWeb(origins: string, webUrl: string): string {
  return origins === '*' ? '*' : [origins, webUrl, webUrl.replace('//127.0.0.1:', '//localhost:')].join(',');
}

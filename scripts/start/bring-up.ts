import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataDir, writeRunFile } from '@gongu/host';
import { takeOwnership } from '@gongu/host/embedded';
import { type BannerOptions, banner } from './banner.ts';
import { openDataDir } from './data-dir.ts';
import { openDatabase } from './database.ts';
import { createRegister, endLeftovers, LEFTOVERS } from './leftovers.ts';
import type { Lifecycle } from './lifecycle.ts';
import { followLog } from './log-file.ts';
import { readable } from './log-line.ts';
import { createPeople } from './people.ts';
import { claimPort, localHost } from './ports.ts';
import { answersOk, checkOf } from './probe.ts';
import { openRedis } from './redis.ts';
import { ensureSamples } from './samples.ts';
import { keepSecrets } from './secrets.ts';
import { createServiceProcess } from './service-process.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';

export interface BringUpOptions {
  /** The repository's folder. */
  root: string;
  /** What the user has set, `.env` included. */
  env: NodeJS.ProcessEnv;
  lifecycle: Lifecycle;
  terminal: Terminal;
  /** Epoch milliseconds. */
  now: () => number;
  /** When the command began; epoch milliseconds. */
  startedAt: number;
}

/** Longest wait for a sample's room, which trade's outbox opens a moment after the product. */
const ROOM_MS = 10_000;
/** Time for chat to find Redis, before it is said that it is not there. */
const REDIS_MS = 3_000;
/** What a service needs beyond DRAIN_MS, which is for its sockets alone. */
const STOP_MARGIN_MS = 7_000;

/**
 * From nothing to a system that answers. Every part that was started is added to the lifecycle, so that a failure or a
 * Ctrl-C halfway leaves nothing behind.
 *
 * @throws StartError, EnvError, or an error of the system: all become one clear line
 */
export async function bringUp({ root, env, lifecycle, terminal, now, startedAt }: BringUpOptions): Promise<void> {
  const { stopping } = lifecycle;
  const settings = readSettings(env);
  const dir = openDataDir(dataDir(env));
  const children = dir.file('children.json');
  const stopMs = settings.DRAIN_MS + STOP_MARGIN_MS;

  lifecycle.add({ name: 'ownership', stop: takeOwnership({ root: dir.path, owner: dir.file('supervisor.json') }) });
  await endLeftovers({ file: children, order: LEFTOVERS, patienceMs: stopMs, terminal });
  const chatPort = await claimPort('CHAT_PORT', settings.CHAT_PORT, settings.HOST);
  const tradePort = await claimPort('TRADE_PORT', settings.TRADE_PORT, settings.HOST);
  const chatUrl = `http://${localHost(settings.HOST)}:${chatPort}`;
  const tradeUrl = `http://${localHost(settings.HOST)}:${tradePort}`;
  const secrets = keepSecrets(dir.file('secrets.json'));
  if (stopping.aborted) return;

  const database = await openDatabase({ url: settings.DATABASE_URL, dataDir: dir.path, terminal, stopping });
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

  const variables = {
    DATABASE_URL: database.url,
    ...(redis.url === undefined ? {} : { REDIS_URL: redis.url }),
    JWT_SECRET: settings.JWT_SECRET ?? secrets.JWT_SECRET,
    SERVICE_JWT_SECRET: settings.SERVICE_JWT_SECRET ?? secrets.SERVICE_JWT_SECRET,
    ALLOWED_ORIGINS: env.ALLOWED_ORIGINS?.trim() || '*',
    DEV_LOGIN: env.DEV_LOGIN?.trim() || '1',
  };
  await Promise.all([
    startService('chat', chatUrl, { CHAT_PORT: String(chatPort) }),
    startService('trade', tradeUrl, { TRADE_PORT: String(tradePort), CHAT_URL: env.CHAT_URL?.trim() || chatUrl }),
  ]);
  if (stopping.aborted) return;

  const runFile = writeRunFile({ DATA_DIR: dir.path }, { CHAT_URL: chatUrl, TRADE_URL: tradeUrl, ...variables });
  lifecycle.add({ name: 'run.json', stop: () => rmSync(runFile, { force: true }) });
  const people = createPeople(variables);
  const [products] = await Promise.all([samples(), redis.url === undefined ? undefined : lookAtRedis()]);
  if (stopping.aborted) return;
  const seconds = (now() - startedAt) / 1_000;
  const facts = { chatUrl, tradeUrl, database: database.title, redis: redis.title, dataDir: dir.path };
  terminal.say(banner({ ...facts, host: settings.HOST, people, products, seconds }));

  async function startService(name: string, url: string, more: NodeJS.ProcessEnv): Promise<void> {
    const onLine = (line: string) => {
      const text = readable(name, line);
      if (text) terminal.warn(text);
    };
    const log = followLog({ file: dir.log(name), onLine });
    lifecycle.add({ name: `${name}'s log`, stop: log.close });
    const service = createServiceProcess({
      name,
      command: [process.execPath, '--enable-source-maps', join(root, 'services', name, 'dist', 'main.mjs')],
      cwd: root,
      env: { ...env, ...variables, DATA_DIR: dir.path, ...more },
      log,
      terminal,
      isReady: () => answersOk(`${url}/readyz`),
      note: (pid) => register.note(name, pid),
      stopping,
      stopMs,
    });
    lifecycle.add({ name, ...service });
    await service.start();
    if (!stopping.aborted) terminal.say(`${name} is ready on ${url}`);
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
      const { products, created } = await ensureSamples({ tradeUrl, sellerId, sellerToken, now, signal: stopping });
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

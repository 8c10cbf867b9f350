import { createServer } from 'node:http';
import { freePort, inRepository, type ServiceProcess, signToken, spawnService, userToken } from '@gongu/testkit';
import pg from 'pg';
import { emptyDatabase, type Postgres } from '../database.ts';
import { pin } from '../machine.ts';
import { startProgram } from '../program.ts';

const JWT_SECRET = 'a secret of users, for measurements only';
const SHOP_JWT_SECRET = 'a secret of a back end, for measurements only';
const INSTANCES = 2;

/** What sells: trade in one of its ways, or the peer. */
export interface Seller {
  readonly name: string;
  /** Fields of its products beside the usual. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether each purchase is reported as paid, which is then a part of it. */
  readonly pays: boolean;
  readonly ports: readonly number[];
  /** Of its instances. */
  readonly pids: readonly number[];
  /** How many have bought a product, as its rows say. */
  sold(productId: string): Promise<number>;
  stop(): Promise<void>;
}

export const buyerToken = (sub: string) =>
  userToken({ sub, nickname: sub, secret: JWT_SECRET, expiresInSeconds: 86_400 });
export const sellerToken = () =>
  userToken({ sub: 'seller', roles: ['seller'], secret: JWT_SECRET, expiresInSeconds: 86_400 });
export const shopToken = (scope: 'payments' | 'webhooks' = 'payments') => {
  const exp = Math.floor(Date.now() / 1_000) + 86_400;
  return signToken({ sub: 'shop', aud: 'trade', scope, exp }, SHOP_JWT_SECRET);
};

/** Stands in for chat, so that what is to be told it is told: it takes all, and stores nothing. */
export async function startListener(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface TradeOptions {
  readonly name: string;
  /** Name of its database, which is emptied. */
  readonly database: string;
  readonly postgres: Postgres;
  readonly chatUrl: string;
  readonly entry: string;
  readonly payment: 'NONE' | 'REQUIRED';
  /** Folder for CPU profiles; null: none. */
  readonly profile: string | null;
  /** Further environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Trade as it ships, two instances of it on one database. Only rate limits are off. */
export async function startTrade(options: TradeOptions): Promise<Seller> {
  const { name, database, postgres, chatUrl, entry, payment, profile, env } = options;
  const databaseUrl = await emptyDatabase(postgres, database);
  const running: { port: number; process: ServiceProcess }[] = [];
  const stop = async () => void (await Promise.all(running.map(({ process }) => process.kill())));
  try {
    for (let i = 0; i < INSTANCES; i++) {
      const port = await freePort();
      const profiling = ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${database}-${i}.cpuprofile`];
      const process = spawnService({
        entry,
        nodeArgs: profile === null ? [] : profiling,
        env: {
          ...{
            DATABASE_URL: databaseUrl,
            CHAT_URL: chatUrl,
            TRADE_PORT: String(port),
            HOST: '127.0.0.1',
            DRAIN_MS: '500',
          },
          ...{ JWT_SECRET, SHOP_JWT_SECRET, SERVICE_JWT_SECRET: 'a secret of services, for measurements only' },
          ...{ ALLOWED_ORIGINS: '*', RATE_CHANGES_PER_SECOND: '0' },
          ...env,
        },
      });
      running.push({ port, process });
      pin(process.pid);
      await process.ready;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name,
    // The commit compared with may not know it.
    fields: payment === 'NONE' ? {} : { payment },
    pays: payment === 'REQUIRED',
    ports: running.map(({ port }) => port),
    pids: running.map(({ process }) => process.pid),
    sold: (id) => counted(databaseUrl, 'trade', id),
    stop,
  };
}

/** The peer, twice, on a database of its own. */
export async function startPeer(postgres: Postgres): Promise<Seller> {
  const databaseUrl = await emptyDatabase(postgres, 'peer');
  const program = inRepository('bench/peers/buy-for-update.mjs');
  const start = startProgram((port) => ({
    command: [process.execPath, program, String(port), databaseUrl, JWT_SECRET],
  }));
  const { ports, pids, stop } = await start({ instances: INSTANCES, rooms: [], connections: 0, label: 'buy' });
  const sold = (id: string) => counted(databaseUrl, 'peer', id);
  return { name: 'peer: SELECT … FOR UPDATE', fields: {}, pays: false, ports, pids, sold, stop };
}

async function counted(databaseUrl: string, schema: 'trade' | 'peer', productId: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const text = `SELECT count(*)::int AS sold FROM ${schema}.participations WHERE product_id = $1`;
    const { rows } = await client.query<{ sold: number }>(text, [productId]);
    return rows[0]!.sold;
  } finally {
    await client.end();
  }
}

import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { inRepository, machine, numberOption, readOptions } from '@gongu/testkit';
import { buildCommit, findCommit } from '../against/commit.ts';
import { medianOfRatios } from '../against/ratio.ts';
import { interleaved } from '../interleaved.ts';
import { leaveServerCpu, loadAverage } from '../machine.ts';
import { show, table } from '../markdown.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { buyerToken, type Seller, sellerToken, shopToken, startListener, startPeer, startTrade } from './sellers.ts';

export const BUY_USAGE = `pnpm bench buy [--against COMMIT] [--rounds N] [--report FILE] [--profile DIR]

200 buyers at once on one product with 180 places, again and again, by two instances on one PostgreSQL with fsync: purchases per
CPU-second of the instances and PostgreSQL together. Trade without payment and with it (a purchase and its report), the commit
compared with, and a peer that locks the product's row and writes in one transaction, interleaved. One place sold twice, or one
that is left, fails the run.

  --against COMMIT  builds that commit as well
  --rounds N        of each (default 12; an interval needs 5)
  --profile DIR     writes CPU profiles of trade there
`;

const BUYERS = 200;
const PLACES = 180;
/** Products of a round, one after the other. */
const PRODUCTS = 4;
const WARM_UP_ROUNDS = 2;
/** Milliseconds in which what a round has left to be told to chat is told. */
const REST_MS = 700;

export interface BuyOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface BuyArguments {
  readonly commit: string | null;
  readonly rounds: number;
  readonly report: string | null;
  readonly profile: string | null;
}

/** @throws StartError naming what is wrong. Null: help is asked for */
export function readBuyArguments(args: readonly string[]): BuyArguments | null {
  const options = {
    against: { type: 'string' },
    rounds: { type: 'string', default: '12' },
    report: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readOptions({ options, args: [...args] }, BUY_USAGE);
  if (values.help) return null;
  const rounds = numberOption('rounds', values.rounds, { min: 1, max: 100, whole: true });
  const { against: commit = null, report = null, profile = null } = values;
  return { commit, rounds, report, profile };
}

/** @throws Error when more or less was sold than there was */
export async function measureBuy({ commit, rounds, profile }: BuyArguments, options: BuyOptions): Promise<string> {
  const { folder, signal, say } = options;
  const repository = inRepository();
  const before = commit === null ? null : await findCommit(repository, commit);
  const tree = join(folder, 'commit');
  if (before) await buildCommit({ repository, hash: before.hash, folder: tree, signal });
  leaveServerCpu();
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'buy'), settings: { max_connections: '120' } });
  const listener = await startListener();
  const sellers: Seller[] = [];
  try {
    const entry = 'services/trade/dist/main.mjs';
    const common = { postgres, chatUrl: listener.url, entry, profile };
    if (before) {
      const entry = join(tree, 'services/trade/dist/main.mjs');
      const old = { ...common, entry, profile: null };
      sellers.push(await startTrade({ ...old, name: before.name, database: 'before', payment: 'NONE' }));
    }
    sellers.push(
      await startTrade({ ...common, name: 'trade, payment NONE', database: 'none', payment: 'NONE' }),
      await startTrade({ ...common, name: 'trade, payment REQUIRED', database: 'required', payment: 'REQUIRED' }),
      await startPeer(postgres),
    );
    const found = new Map(sellers.map((seller) => [seller, [] as Sold[]]));
    const all = rounds + WARM_UP_ROUNDS;
    for (const [round, order] of interleaved(all, sellers).entries()) {
      for (const seller of order) {
        signal.throwIfAborted();
        const sold = await sellOut(seller, postgres.pid, round);
        if (round >= WARM_UP_ROUNDS) found.get(seller)!.push(sold);
        say(
          `buy, round ${round + 1} of ${all}: ${seller.name}: ${perCpuSecond(sold).toFixed(0)} purchases per CPU-second`,
        );
      }
    }
    return report(found, before === null ? null : sellers[0]!);
  } finally {
    await Promise.all(sellers.map((seller) => seller.stop()));
    await listener.stop();
    await postgres.stop();
  }
}

/** CPU milliseconds of a purchase. */
interface Sold {
  readonly ownMs: number;
  readonly postgresMs: number;
}

const perCpuSecond = ({ ownMs, postgresMs }: Sold) => 1_000 / (ownMs + postgresMs);

/** Sells some products out to buyers who all come at once. */
async function sellOut(seller: Seller, postgresPid: number, round: number): Promise<Sold> {
  const agent = new Agent({ keepAlive: true, maxSockets: BUYERS });
  const ask = (i: number, method: string, path: string, token: string, body: object) =>
    post(agent, seller.ports[i % seller.ports.length]!, method, path, token, body);
  const tokens = Array.from({ length: BUYERS }, (_, i) => buyerToken(`buyer-${round}-${i}`));
  const shop = shopToken();
  const ids: string[] = [];
  for (let i = 0; i < PRODUCTS; i++) {
    const { status, body } = await ask(i, 'POST', '/api/products', sellerToken(), {
      ...{ title: 'Measured', price: { amount: 23_000, currency: 'KRW' }, maxParticipants: PLACES },
      deadline: new Date(Date.now() + 86_400_000).toISOString(),
      ...seller.fields,
    });
    if (status !== 201) throw new Error(`${seller.name}: no product: ${status} ${JSON.stringify(body)}`);
    ids.push((body as { id: string }).id);
  }
  await sleep(REST_MS);
  const beganAt = cpuSeconds(seller.pids, postgresPid);
  for (const id of ids) {
    const bought = await Promise.all(
      tokens.map(async (token, i) => {
        const { status } = await ask(i, 'POST', `/api/products/${id}/participations`, token, { quantity: 1 });
        if (status !== 201 && status !== 409) throw new Error(`${seller.name}: a purchase was answered ${status}`);
        if (status === 201 && seller.pays) {
          const path = `/api/products/${id}/participations/buyer-${round}-${i}/payment`;
          const paid = await ask(i, 'PUT', path, shop, { status: 'AUTHORIZED', reference: `pay-${i}`, amount: 23_000 });
          if (paid.status !== 200) throw new Error(`${seller.name}: a report was answered ${paid.status}`);
        }
        return status === 201;
      }),
    );
    const [told, stored] = [bought.filter((is) => is).length, await seller.sold(id)];
    if (told !== PLACES || stored !== PLACES) {
      throw new Error(`${seller.name}: ${told} of ${PLACES} places were sold, and ${stored} are stored`);
    }
  }
  await sleep(REST_MS);
  const endedAt = cpuSeconds(seller.pids, postgresPid);
  agent.destroy();
  const each = (seconds: number) => (seconds * 1_000) / (PRODUCTS * PLACES);
  return { ownMs: each(endedAt.own - beganAt.own), postgresMs: each(endedAt.postgres - beganAt.postgres) };
}

function post(agent: Agent, port: number, method: string, path: string, token: string, body: object) {
  return new Promise<{ readonly status: number; readonly body: unknown }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const asking = request({ agent, host: '127.0.0.1', port, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => (text += part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) }));
    });
    asking.on('error', reject);
    asking.end(JSON.stringify(body));
  });
}

function report(found: ReadonlyMap<Seller, readonly Sold[]>, before: Seller | null): string {
  const sellers = [...found.keys()];
  const peer = sellers.at(-1)!;
  const ratio = (seller: Seller, to: Seller | null): string => {
    if (to === null || to === seller) return '–';
    const { median, interval } = medianOfRatios(
      found.get(seller)!.map((one, i) => perCpuSecond(one) / perCpuSecond(found.get(to)![i]!)),
    );
    return `${median.toFixed(2)}${interval === null ? '' : ` (${interval.map((one) => one.toFixed(2)).join('–')})`}`;
  };
  const head = [
    '',
    'purchases per CPU-second',
    'CPU ms of its own',
    'of PostgreSQL',
    'to the commit before',
    'to the peer',
  ];
  const rows = sellers.map((seller) => [
    seller.name,
    show(found.get(seller)!.map(perCpuSecond)),
    show(
      found.get(seller)!.map(({ ownMs }) => ownMs),
      2,
    ),
    show(
      found.get(seller)!.map(({ postgresMs }) => postgresMs),
      2,
    ),
    ratio(seller, before),
    ratio(seller, peer),
  ]);
  return [
    `## Buying, measured on ${machine()}\n`,
    `${new Date().toISOString().slice(0, 10)}, load average at the end ${loadAverage()}. ${BUYERS} buyers at once on a product with`,
    `${PLACES} places, two instances; CPU of the instances and PostgreSQL. Ratios of rounds next to each other: the median, and`,
    'its 90 % interval. With payment a purchase is one that is reported as authorised. Nothing was sold twice.\n',
    table(head, rows),
    '',
  ].join('\n');
}

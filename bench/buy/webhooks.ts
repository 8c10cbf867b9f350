import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@gongu/host/embedded';
import { createLatency, machine, numberOption, readOptions } from '@gongu/testkit';
import { meets, WEBHOOKS_AIM } from '../aims.ts';
import { leaveServerCpu, loadAverage } from '../machine.ts';
import { show, table } from '../markdown.ts';
import type { BuyOptions } from './buy.ts';
import { cpuSeconds } from './cpu-seconds.ts';
import { buyerToken, sellerToken, shopToken, startListener, startTrade } from './sellers.ts';

export const WEBHOOKS_USAGE = `pnpm bench webhooks [--seconds N] [--report FILE]

50 webhooks that hear of all products of two instances of trade, 20 purchases a second on 20 products, and one of the 50 never answers:
milliseconds from what happened to when the other 49 have been told, and CPU. One that is not told of all, or out of order, fails
the run.

  --seconds N  that are measured (default 30)
`;

const ENDPOINTS = 50;
const PRODUCTS = 20;
const EVENTS_PER_SECOND = 20;
const WARM_UP_SECONDS = 5;
/** Seconds in which the last of it is told. */
const REST_SECONDS = 30;

export interface WebhooksArguments {
  readonly seconds: number;
  readonly report: string | null;
}

/** @throws StartError naming what is wrong. Null: help is asked for */
export function readWebhooksArguments(args: readonly string[]): WebhooksArguments | null {
  const options = {
    seconds: { type: 'string', default: '30' },
    report: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readOptions({ options, args: [...args] }, WEBHOOKS_USAGE);
  if (values.help) return null;
  const seconds = numberOption('seconds', values.seconds, { min: 1, max: 600, whole: true });
  return { seconds, report: values.report ?? null };
}

/** @throws Error when one that answers was not told of all, or out of order */
export async function measureWebhooks({ seconds }: WebhooksArguments, options: BuyOptions): Promise<string> {
  const { folder, signal, say } = options;
  leaveServerCpu();
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'hooks'),
    settings: { max_connections: '120' },
  });
  const listener = await startListener();
  const endpoints = await Promise.all(Array.from({ length: ENDPOINTS }, (_, i) => startEndpoint(i > 0)));
  const trade = await startTrade({
    ...{ name: 'trade', database: 'hooks', postgres, chatUrl: listener.url, payment: 'NONE', profile: null },
    entry: 'services/trade/dist/main.mjs',
    env: { WEBHOOK_ALLOW_PRIVATE: 'true' },
  });
  try {
    const ask = async (i: number, path: string, token: string, body: object) => {
      const answer = await fetch(`http://127.0.0.1:${trade.ports[i % trade.ports.length]}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { id: string };
    };
    for (const { url } of endpoints) await ask(0, '/api/trade/webhooks', shopToken('webhooks'), { url });
    const ids: string[] = [];
    for (let i = 0; i < PRODUCTS; i++) {
      const product = { title: 'Measured', price: { amount: 23_000, currency: 'KRW' }, maxParticipants: 100_000 };
      const deadline = new Date(Date.now() + 86_400_000).toISOString();
      ids.push((await ask(i, '/api/products', sellerToken(), { ...product, deadline })).id);
    }
    let bought = 0;
    const buyFor = async (forSeconds: number) => {
      const beganAt = performance.now();
      for (let i = 0; i < forSeconds * EVENTS_PER_SECOND; i++) {
        signal.throwIfAborted();
        const wait = beganAt + (i * 1_000) / EVENTS_PER_SECOND - performance.now();
        if (wait > 0) await sleep(wait);
        const path = `/api/products/${ids[bought % PRODUCTS]}/participations`;
        await ask(bought, path, buyerToken(`buyer-${bought}`), { quantity: 1 });
        bought++;
      }
    };
    await buyFor(WARM_UP_SECONDS);
    const told = () => endpoints.reduce((sum, { events }) => sum + events.length, 0);
    const before = { told: told(), cpu: cpuSeconds(trade.pids, postgres.pid), from: new Date().toISOString() };
    await buyFor(seconds);
    const after = cpuSeconds(trade.pids, postgres.pid);
    const perSecond = (told() - before.told) / seconds;
    const all = PRODUCTS + bought;
    for (let i = 0; i < REST_SECONDS && endpoints.some(({ events }, n) => n > 0 && idsOf(events).size < all); i++) {
      await sleep(1_000);
    }
    const latency = createLatency();
    for (const [n, { events }] of endpoints.entries()) {
      if (n === 0) continue;
      check(n, events, all);
      for (const { at, heardAt } of events) if (at >= before.from) latency.record(heardAt - Date.parse(at));
    }
    const { p50Ms, p99Ms, maxMs, count } = latency.summary();
    say(`webhooks: ${count} deliveries, p99 ${p99Ms.toFixed(0)} ms`);
    const aim = `${WEBHOOKS_AIM.bound} ${WEBHOOKS_AIM.value}: ${meets(WEBHOOKS_AIM, p99Ms) ? 'reached' : 'missed'}`;
    const cpu = (part: 'own' | 'postgres') => ((after[part] - before.cpu[part]) / seconds) * 100;
    return [
      `## Webhooks, measured on ${machine()}\n`,
      `${new Date().toISOString().slice(0, 10)}, load average at the end ${loadAverage()}. ${ENDPOINTS} webhooks, of which one never answers,`,
      `${EVENTS_PER_SECOND} purchases a second on ${PRODUCTS} products for ${seconds} s, two instances.\n`,
      table(
        ['deliveries/s', 'p50 ms', 'p99 ms', 'aim, p99 ms', 'most ms', 'CPU % of both instances', 'of PostgreSQL'],
        [
          [
            ...[show([perSecond]), show([p50Ms]), show([p99Ms]), aim, show([maxMs])],
            ...[show([cpu('own')]), show([cpu('postgres')])],
          ],
        ],
      ),
      '',
    ].join('\n');
  } finally {
    for (const { server } of endpoints) server.closeAllConnections();
    await trade.stop();
    for (const { server } of endpoints) server.close();
    await listener.stop();
    await postgres.stop();
  }
}

interface Heard {
  readonly id: string;
  readonly productId: string;
  readonly sequence: number;
  /** When it happened, ISO. */
  readonly at: string;
  /** Epoch milliseconds. */
  readonly heardAt: number;
}

interface Endpoint {
  readonly url: string;
  readonly events: Heard[];
  readonly server: Server;
}

/** An endpoint on a port of its own. */
async function startEndpoint(answers: boolean): Promise<Endpoint> {
  const events: Heard[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part));
    request.on('error', () => {});
    request.on('end', () => {
      if (!answers) return;
      const heardAt = Date.now();
      const { timestamp: at, data } = JSON.parse(text) as { timestamp: string; data: Heard };
      const { productId, sequence } = data;
      events.push({ id: String(request.headers['webhook-id']), productId, sequence, at, heardAt });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, events, server };
}

const idsOf = (events: readonly Heard[]) => new Set(events.map(({ id }) => id));

function check(n: number, events: readonly Heard[], all: number): void {
  if (idsOf(events).size !== all) throw new Error(`endpoint ${n} was told of ${idsOf(events).size} of ${all}`);
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, productId, sequence } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (sequence < (newest.get(productId) ?? 0)) throw new Error(`endpoint ${n} was told out of order`);
    newest.set(productId, sequence);
  }
}

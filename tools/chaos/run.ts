import { setMaxListeners } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Evidence, type FinalProduct, type FinalRoom, type Violation } from '@gongu/sim';
import type { Run } from '@gongu/sim/supervise';
import type { ChaosArguments } from './arguments.ts';
import { createCrowd, type Regular } from './crowd.ts';
import { readFinalProduct, readFinalRoom } from './final-state.ts';
import { type Step, schedule } from './plan/schedule.ts';
import { report } from './report.ts';
import { createSales } from './sales.ts';
import { settle } from './settle.ts';
import { createShop, type Offer } from './shop.ts';
import { type ChaosSystem, startChaosSystem } from './system/chaos-system.ts';
import { createInflictor } from './system/inflict.ts';

/** Clients of one room, about: enough for every protocol to be in each. */
const ROOM_SIZE = 27;
const FAULT_EVERY_MS = 1_800;
const SALE_EVERY_MS = 7_000;
/** Messages a second and client that stays. */
const RATE = 0.25;
/** How long the regulars have to come in before anything breaks. */
const ENTER_MS = 60_000;

/** One run from its start to its report. Null: it was stopped. */
export async function runChaos(run: Run, args: ChaosArguments): Promise<{ text: string; violations: number } | null> {
  const { lifecycle, terminal } = run;
  const { stopping } = lifecycle;
  const { seed, clients, instances } = args;
  // Every client of a run asks whether it is over.
  setMaxListeners(0, stopping);
  const system = await startChaosSystem({ ...run, seed, instances });
  for (const part of system.parts) terminal.say(part);
  const crowd = createCrowd({ system, seed });
  lifecycle.add({ name: 'the clients', stop: crowd.leave });
  const shop = createShop({ system, stopping });

  const offers: Offer[] = [];
  const regulars: Regular[] = [];
  const rooms = Math.max(1, Math.round(clients / ROOM_SIZE));
  for (let i = 0; i < rooms; i++) {
    const offer = await shop.offer({ title: `감귤 ${i}`, max: 1_000, min: 1, deadlineMs: 86_400_000 });
    if (offer) offers.push(offer);
  }
  for (let i = 0; i < clients; i++)
    regulars.push(await crowd.regular(i, offers[Math.floor((i * rooms) / clients)]!.id));
  await entered(regulars, stopping);
  const beganAt = performance.now();
  const elapsed = () => `${((performance.now() - beganAt) / 1_000).toFixed(1)} s`;
  const say = (text: string) => terminal.say(`${elapsed()}: ${text}`);
  say(`${regulars.filter(({ place }) => place === 'in').length} of ${clients} clients are in ${rooms} rooms`);

  const durationMs = args.minutes * 60_000;
  const inflictor = createInflictor({ system, victims: regulars, say });
  const sales = createSales({ shop, crowd, offers, seed, lingers: durationMs > 60_000, say });
  const steps = schedule({
    seed,
    durationMs,
    instances,
    clients,
    redis: system.redis !== null,
    rate: RATE * clients,
    faultEveryMs: FAULT_EVERY_MS,
    saleEveryMs: SALE_EVERY_MS,
  });
  await play(steps, stopping, (step) => {
    if (step.kind === 'talk') regulars[step.client]!.say(step.characters);
    else if (step.kind === 'fault') inflictor.inflict(step.fault);
    else sales.open(step.sale);
  });
  const chaosSeconds = (performance.now() - beganAt) / 1_000;

  say('healing');
  sales.quiet();
  await inflictor.heal();
  await settle({ system, shop, participants: crowd.all, offers, say, stopping });
  if (stopping.aborted) return null;
  const evidence = await gather(system, crowd, shop, offers);
  const violations = check(evidence);
  const settlingSeconds = (performance.now() - beganAt) / 1_000 - chaosSeconds;
  const kept = violations.length === 0 ? null : keep(system, evidence, violations);
  const text = report({
    args,
    parts: system.parts,
    evidence,
    violations,
    clients: crowd.all.map(({ protocol, record }) => ({ protocol, counts: record.counts })),
    faults: inflictor.counts,
    shop: shop.counts,
    busHarmed: system.buses.reduce((total, { harmed }) => total + harmed, 0),
    logs: system.witness.searched,
    logLines: system.witness.lines,
    seconds: { chaos: chaosSeconds, settling: settlingSeconds },
    at: new Date().toISOString(),
    kept,
  });
  return { text, violations: violations.length };
}

async function entered(regulars: readonly Regular[], stopping: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + ENTER_MS;
  while (!stopping.aborted && performance.now() < giveUpAt && !regulars.every(({ place }) => place === 'in')) {
    await sleep(100);
  }
}

/** Does each step when its time has come. */
async function play(steps: readonly Step[], stopping: AbortSignal, act: (step: Step) => void): Promise<void> {
  const beganAt = performance.now();
  for (const step of steps) {
    const waitMs = step.atMs - (performance.now() - beganAt);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: stopping }).catch(() => {});
    if (stopping.aborted) return;
    act(step);
  }
}

async function gather(
  system: ChaosSystem,
  crowd: ReturnType<typeof createCrowd>,
  shop: ReturnType<typeof createShop>,
  offers: readonly Offer[],
): Promise<Evidence> {
  const { calls, chatUrl, trade, witness, nginx, database, redis } = system;
  const rooms: FinalRoom[] = [];
  const products: FinalProduct[] = [];
  for (const offer of offers) {
    const room = await readFinalRoom(calls, chatUrl, offer.id);
    if (room) rooms.push(room);
    products.push(await readFinalProduct(shop, offer));
  }
  const { depth, parked } = await calls.service<{ depth: number; parked: number }>(
    'GET',
    `${trade.url}/api/trade/outbox`,
  );
  if (nginx) {
    witness.read('nginx access', await nginx.accessLog());
    witness.read('nginx error', await nginx.errorLog());
  }
  witness.read('PostgreSQL', await database.log());
  if (redis) witness.read('Redis', redis.log());
  return {
    histories: crowd.all.map((participant) => participant.history()),
    purchases: shop.purchases,
    rooms,
    products,
    outbox: { depth, parked },
    processes: witness.processes(),
    deaths: witness.deaths,
    leaks: witness.leaks,
  };
}

/** Logs, histories and the final state, where they outlive this run. Returns the folder. */
function keep({ evidenceDir, witness }: ChaosSystem, evidence: Evidence, violations: readonly Violation[]): string {
  rmSync(evidenceDir, { recursive: true, force: true });
  mkdirSync(evidenceDir, { recursive: true });
  cpSync(witness.dir, join(evidenceDir, 'logs'), { recursive: true });
  writeFileSync(join(evidenceDir, 'violations.json'), JSON.stringify(violations, null, 1));
  const { histories, ...rest } = evidence;
  writeFileSync(join(evidenceDir, 'final-state.json'), JSON.stringify(rest, null, 1));
  const lines = histories.flatMap(({ entries, ...history }) => [
    JSON.stringify(history),
    ...entries.map((entry) => JSON.stringify(entry)),
  ]);
  writeFileSync(join(evidenceDir, 'histories.jsonl'), `${lines.join('\n')}\n`);
  return evidenceDir;
}

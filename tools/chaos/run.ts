import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, createRandom, type Evidence, type FinalProduct, type FinalRoom, type History, LOBBY } from '@gongu/sim';
import type { Run } from '@gongu/sim/supervise';
import type { ChaosArguments } from './arguments.ts';
import { type Asking, createAsking } from './asking.ts';
import { type Changes, createChanges } from './changes.ts';
import { type Commotion, createCommotion } from './commotion.ts';
import { type Crowd, createCrowd, type Regular } from './crowd.ts';
import { defaultEvidenceFile, type RunRecord, writeEvidence } from './evidence-file.ts';
import { readFinalProduct, readFinalRoom } from './final-state.ts';
import { createJournal, type Journal } from './journal.ts';
import { createModeration, type Moderation } from './moderation.ts';
import { type Step, schedule } from './plan/schedule.ts';
import { report } from './report.ts';
import { createSales } from './sales.ts';
import { settle } from './settle.ts';
import { createSharing, type Sharing } from './sharing.ts';
import { createShop, type Offer, type Shop } from './shop.ts';
import { type ChaosSystem, startChaosSystem } from './system/chaos-system.ts';
import { createInflictor } from './system/inflict.ts';

/** Clients of one room, about: enough for every protocol to be in each. */
const ROOM_SIZE = 27;
/** One in so many talks in the lobby. Has no divisor in common with the number of protocols, so that it hears them all. */
const LOBBY_EVERY = 5;
const FAULT_EVERY_MS = 1_800;
const SALE_EVERY_MS = 7_000;
/** Messages a second and client that stays. */
const RATE = 0.25;
/** How long the regulars have to come in before anything breaks. */
const ENTER_MS = 60_000;

/** How a run ended. */
export interface Outcome {
  /** The report, or why there is none. */
  readonly text: string;
  /** A guarantee was broken, or the run could not be judged. */
  readonly failed: boolean;
  /** The file with all that is known of it; null: there is nothing to look into. */
  readonly kept: string | null;
}

type Findings = Pick<RunRecord, 'report' | 'violations' | 'evidence'> & {
  /** Parts of the settling that were given up. */
  readonly unsettled: number;
};

/** One run from its start to its report. Null: it was stopped. */
export async function runChaos(run: Run, args: ChaosArguments): Promise<Outcome | null> {
  const { stopping } = run.lifecycle;
  const { seed, minutes, clients, instances } = args;
  // Every client of a run asks whether it is over.
  setMaxListeners(0, stopping);
  const at = new Date().toISOString();
  const system = await startChaosSystem({ ...run, instances, seed });
  const { witness } = system;
  const steps = schedule({
    seed,
    durationMs: minutes * 60_000,
    instances,
    clients,
    redis: system.redis !== null,
    rate: RATE * clients,
    faultEveryMs: FAULT_EVERY_MS,
    saleEveryMs: SALE_EVERY_MS,
  });
  const journal = createJournal({ clean: witness.clean });
  const crowd = createCrowd({ system, journal, seed });
  run.lifecycle.add({ name: 'the clients', stop: crowd.leave });
  const shop = createShop({ system, stopping });
  const commotion = createCommotion({ system, stopping });
  const asking = createAsking({ system, stopping });
  const changes = createChanges({ asking });
  const moderation = createModeration({ asking, stopping });
  const sharing = createSharing({ asking, chatUrl: system.chatUrl });
  const people = { crowd, shop, commotion, asking, changes, moderation, sharing };
  const keep = async ({ report: text, violations, evidence }: Omit<Findings, 'unsettled'>): Promise<string> => {
    const file = args.evidence ?? defaultEvidenceFile(run.env, seed, at);
    await witness.flushed();
    const told = { versions: await system.versions(), transcripts: journal.transcripts(), logsDir: witness.dir };
    writeEvidence(file, { args, at, steps, journal: journal.moments, ...told, report: text, violations, evidence });
    return file;
  };
  try {
    const found = await passThrough({ run, args, system, ...people, journal, steps });
    if (!found) return null;
    const failed = found.violations.length > 0;
    return { text: found.report, failed, kept: failed || found.unsettled > 0 ? await keep(found) : null };
  } catch (error) {
    if (stopping.aborted) throw error;
    const text = `The run could not be judged: ${error instanceof Error ? error.stack : error}`;
    const evidence = {
      ...{
        histories: historiesOf(crowd),
        purchases: shop.purchases,
        changes: [...changes.changes, ...sharing.deletions],
        marks: changes.marks,
      },
      ...{ restrictions: moderation.restrictions, sharedFiles: sharing.sharedFiles },
      deaths: witness.deaths,
    };
    return { text, failed: true, kept: await keep({ report: text, violations: [], evidence }) };
  }
}

interface PassOptions {
  readonly run: Run;
  readonly args: ChaosArguments;
  readonly system: ChaosSystem;
  readonly crowd: Crowd;
  readonly shop: Shop;
  readonly commotion: Commotion;
  readonly asking: Asking;
  readonly changes: Changes;
  readonly moderation: Moderation;
  readonly sharing: Sharing;
  readonly journal: Journal;
  readonly steps: readonly Step[];
}

/** Everything between a system that stands and what is found in the end. */
async function passThrough(options: PassOptions): Promise<Findings | null> {
  const { run, args, system, crowd, shop, commotion, asking, changes, moderation, sharing, journal, steps } = options;
  const { lifecycle, terminal } = run;
  const { stopping } = lifecycle;
  const { seed, clients, minutes } = args;
  let beganAt = performance.now();
  const seconds = () => (performance.now() - beganAt) / 1_000;
  const say = (text: string) => {
    journal.note(text);
    terminal.say(`${seconds().toFixed(1)} s: ${text}`);
  };
  for (const part of system.parts) terminal.say(part);

  const offers: Offer[] = [];
  const regulars: Regular[] = [];
  const rooms = Math.max(1, Math.round(clients / ROOM_SIZE));
  for (let i = 0; i < rooms; i++) {
    const offer = await shop.offer({ title: `감귤 ${i}`, max: 1_000, min: 1, deadlineMs: 86_400_000 });
    if (offer) offers.push(offer);
  }
  for (let i = 0; i < clients; i++) {
    const isInLobby = i % LOBBY_EVERY === LOBBY_EVERY - 1;
    regulars.push(await crowd.regular(i, isInLobby ? LOBBY : offers[Math.floor((i * rooms) / clients)]!.id));
  }
  await entered(regulars, stopping);
  const entering = seconds();
  beganAt = performance.now();
  say(
    `${regulars.filter(({ place }) => place === 'in').length} of ${clients} clients are in ${rooms} rooms and the lobby`,
  );

  const inflictor = createInflictor({ system, victims: regulars, say, note: journal.note });
  const sales = createSales({ shop, crowd, commotion, offers, seed, lingers: minutes > 1, say });
  let comers = 0;
  await play(steps, stopping, (step) => {
    if (step.kind === 'talk') {
      const mentions = step.mentions.map((client) => regulars[client]!.userId);
      regulars[step.client]!.say(step.characters, mentions.length > 0 ? mentions : undefined);
    } else if (step.kind === 'change') {
      const talker = regulars[step.client]!;
      const offer = offers.find(({ id }) => id === talker.roomId);
      const host = offer?.sellerId ?? null;
      // Nobody presides over the lobby, nor is a member of it.
      if (step.what === 'muted') {
        // One kind for each, so that none takes the place of another.
        if (offer) moderation[step.client % 3 === 0 ? 'muteForAWhile' : 'mute'](talker, offer.sellerId);
      } else if (step.what === 'banned') {
        if (offer) moderation.ban(offer, `banned-${++comers}`, step.which < 0.5);
      } else if (step.what === 'shared') {
        if (offer) sharing.share(offer.id, `sharer-${++comers}`, step.which < 0.3);
      } else if (step.what === 'reacted') changes.react(talker, step.which);
      else if (step.what === 'pinned') changes.pin(talker, step.which, host);
      else changes.begin(talker, step.what === 'edited', step.which, step.what === 'hosted' ? host : null);
    } else if (step.kind === 'fault') inflictor.inflict(step.fault);
    else sales.open(step.sale);
  });
  const chaos = seconds();

  say('healing');
  sales.quiet();
  crowd.sendAway();
  await inflictor.heal();
  const healing = seconds() - chaos;
  const unsettled = await settle({
    ...{ system, shop, commotion, asking, crowd, participants: crowd.all, offers, say, stopping },
  });
  if (stopping.aborted) return null;
  const settling = seconds() - chaos - healing;
  const evidence = await gather({ system, crowd, shop, commotion, changes, moderation, sharing, offers, seed });
  const violations = check(evidence);
  const text = report({
    args,
    parts: system.parts,
    evidence,
    violations,
    unsettled,
    clients: crowd.all.map(({ protocol, record }) => ({ protocol, counts: record.counts })),
    faults: inflictor.counts,
    shop: shop.counts,
    commotion: { ...commotion.counts, passersBy: crowd.goneVisitors.length },
    busHarmed: system.buses.reduce((total, { harmed }) => total + harmed, 0),
    logs: system.witness.searched,
    logLines: system.witness.lines,
    seconds: { entering, chaos, healing, settling },
    at: new Date().toISOString(),
  });
  return { report: text, violations, evidence, unsettled: unsettled.length };
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

interface GatherOptions
  extends Pick<PassOptions, 'system' | 'crowd' | 'shop' | 'commotion' | 'changes' | 'moderation' | 'sharing'> {
  readonly offers: readonly Offer[];
  readonly seed: number;
}

async function gather(options: GatherOptions): Promise<Evidence> {
  const { system, crowd, shop, commotion, changes, moderation, sharing, offers, seed } = options;
  const random = createRandom(seed).fork('searches');
  const { calls, trade, witness, nginx, database, redis } = system;
  const rooms: FinalRoom[] = [];
  const products: FinalProduct[] = [];
  for (const offer of offers) {
    const room = await readFinalRoom(system, offer.id, random);
    if (room) rooms.push(room);
    products.push(await readFinalProduct(shop, offer));
  }
  const lobby = await readFinalRoom(system, LOBBY, random);
  if (lobby) rooms.push(lobby);
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
    histories: historiesOf(crowd),
    purchases: shop.purchases,
    changes: [...changes.changes, ...sharing.deletions],
    marks: changes.marks,
    restrictions: moderation.restrictions,
    sharedFiles: sharing.sharedFiles,
    rooms,
    products,
    outbox: { depth, parked },
    processes: witness.processes(),
    deaths: witness.deaths,
    leaks: witness.leaks,
    rules: {
      ...system.rules,
      neverOnline: [...crowd.neverOnline, ...commotion.people, ...moderation.people, ...sharing.people],
    },
    goneVisitors: crowd.goneVisitors,
  };
}

function historiesOf(crowd: Crowd): History[] {
  return crowd.all.map((participant) => participant.history());
}

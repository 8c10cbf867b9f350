import type { Generator, Measurement, OpenMeasurement, Step } from './generator.ts';
import { interleaved } from './interleaved.ts';
import { SERVER_CPU } from './machine.ts';
import type { Scenario } from './scenarios.ts';
import type { RunningSubject, Subject } from './subject.ts';

/** What a subject did in a scenario. The same index is the same repeat, of all subjects. */
export interface Result {
  readonly subject: Subject;
  readonly fixed: readonly Measurement[];
  /** Steps of rising rates, a list for each repeat. */
  readonly rising: readonly (readonly Step[])[];
  /** In the idle scenario: members that come back to the instance that knows their rooms. */
  readonly returned: readonly Measurement[];
  /** Why there is no more of it; null: it went to the end. */
  readonly failure: string | null;
}

export interface MeasureOptions {
  readonly generator: Generator;
  /** In the order of their turns. */
  readonly subjects: readonly Subject[];
  readonly scenario: Scenario;
  readonly label: string;
  readonly repeats: number;
  /** Whether to search for the highest rate of fan-out. */
  readonly max: boolean;
  /** Between two turns, until what the one before has left is done. */
  readonly rest: () => Promise<unknown>;
  /** Whether to end at once, whoever failed. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** A rate is reached when 99 % arrive within 100 ms and nothing is lost. */
const P99_MS = 100;
const RISE = 1.18;
const RISES = 24;
const WARM_UP: readonly string[] = ['--warmup', '1', '--duration', '9']; // a JVM needs that long
const MEASURED: readonly string[] = ['--warmup', '1', '--duration', '4', '--check'];

export function reached(step: Step): boolean {
  return step.lat_ms.p99 < P99_MS && step.got >= step.expected * 0.999;
}

/** Part of what was sent that must arrive: who delivers less did not do the work that the others did. */
const KEPT_UP = 0.99;

export function keptUp({ got, expected }: Pick<Step, 'got' | 'expected'>): boolean {
  return got >= expected * KEPT_UP;
}

/** A subject in a scenario, and what it has done so far. */
class Contender implements Result {
  readonly fixed: Measurement[] = [];
  readonly rising: Step[][] = [];
  readonly returned: Measurement[] = [];
  failure: string | null = null;
  running: RunningSubject | null = null;

  constructor(readonly subject: Subject) {}

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = null;
  }
}

/**
 * Runs one scenario with all subjects, their repeats interleaved. Each is started once and stays, without a client, while
 * the others have their turns; only in the idle scenario, which measures memory, each turn has a process of its own. A peer
 * that fails has no further turns.
 *
 * @throws what chat failed with
 */
export async function measure(options: MeasureOptions): Promise<readonly Result[]> {
  const contenders = options.subjects.map((subject) => new Contender(subject));
  const { scenario } = options;
  try {
    if (scenario.kind === 'idle') {
      await everyTurn(options, contenders, (contender) => idleTurn(options, contender));
      return contenders;
    }
    const load = loadOf(scenario);
    for (const contender of contenders) {
      await attempt(options, contender, async () => {
        contender.running = await start(options, contender.subject);
        await runLoad(options, contender.subject, contender.running, [...load, ...WARM_UP]); // compiled, caches filled
      });
    }
    await everyTurn(options, contenders, async ({ subject, running, fixed }) => {
      fixed.push(await runLoad(options, subject, running!, [...load, ...MEASURED]));
    });
    if (scenario.kind === 'fan-out' && options.max) {
      await everyTurn(options, contenders, async ({ subject, running, rising }) => {
        const { steps } = await runLoad(options, subject, running!, risingLoad(subject.from[scenario.from]));
        rising.push([...steps]);
      });
    }
  } finally {
    for (const contender of contenders) await contender.stop();
  }
  return contenders;
}

async function everyTurn(
  options: MeasureOptions,
  contenders: readonly Contender[],
  take: (contender: Contender) => Promise<void>,
): Promise<void> {
  for (const round of interleaved(options.repeats, contenders)) {
    for (const contender of round) {
      if (contender.failure !== null) continue;
      await options.rest();
      await attempt(options, contender, () => take(contender));
    }
  }
}

async function attempt(
  { signal, say }: MeasureOptions,
  contender: Contender,
  what: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  try {
    await what();
  } catch (error) {
    if (signal.aborted || contender.subject.ours) throw error;
    contender.failure = error instanceof Error ? error.message : String(error);
    say(`${contender.subject.name}: ${contender.failure}`);
    await contender.stop();
  }
}

async function idleTurn(options: MeasureOptions, contender: Contender): Promise<void> {
  const { subject, fixed, returned } = contender;
  contender.running = await start(options, subject);
  fixed.push(await runLoad(options, subject, contender.running, IDLE));
  if (subject.ours) returned.push(await runLoad(options, subject, contender.running, IDLE));
  await contender.stop();
}

function start({ scenario, label }: MeasureOptions, subject: Subject): Promise<RunningSubject> {
  return subject.start({ ...scenario, rooms: roomsOf(scenario), label });
}

/** The generator's options for connections that only stay. */
export const IDLE: readonly string[] = ['--rate', '0', '--settle', '3', '--warmup', '0', '--duration', '1'];

/** The generator's options for a scenario's fixed load. */
export function loadOf({ kind, rate }: Scenario): string[] {
  return kind === 'ingest' ? ['--window', '8'] : ['--rate', String(rate)];
}

/** The rooms that the generator will use in a scenario. */
export function roomsOf({ rooms }: Scenario): string[] {
  return Array.from({ length: rooms }, (_, i) => `r${i}`);
}

function risingLoad(from: number): string[] {
  const rates = Array.from({ length: RISES }, (_, i) => (from * RISE ** i).toFixed(0));
  const until = ['--stop-p99', String(P99_MS), '--retries', '1'];
  return ['--rate', rates.join(','), ...until, '--warmup', '0.3', '--duration', '1.5', '--drain', '1'];
}

type LoadOptions = Pick<MeasureOptions, 'generator' | 'scenario' | 'say'>;

/**
 * One run of the generator on a subject that runs.
 *
 * @param load options of the generator: rate and times
 * @throws Error when a connection fails, or when chat did not keep the order that it promises
 */
export async function runLoad(
  options: LoadOptions,
  subject: Subject,
  running: RunningSubject,
  load: readonly string[],
): Promise<Measurement> {
  const found = await options.generator.measure(argumentsOf(options, subject, running, load));
  judgeConnect(options, subject, found);
  for (const step of found.steps) options.say(`  ${lineOf(step)}`);
  if (found.final_error) options.say(`  ${found.final_error}`);
  for (const step of found.steps) judge(subject, step);
  return found;
}

/**
 * The same connections for as many steps as are asked for.
 *
 * @throws as {@link runLoad} does, of the step as well
 */
export async function openLoad(
  options: LoadOptions,
  subject: Subject,
  running: RunningSubject,
  load: readonly string[],
): Promise<OpenMeasurement> {
  const open = await options.generator.open(argumentsOf(options, subject, running, load));
  try {
    judgeConnect(options, subject, open);
  } catch (error) {
    await open.end().catch(() => {}); // what failed first is told
    throw error;
  }
  return {
    ...open,
    async step() {
      const step = await open.step();
      options.say(`  ${subject.name}: ${lineOf(step)}`);
      judge(subject, step);
      return step;
    },
  };
}

function argumentsOf(
  { scenario: { connections, rooms, publishers } }: LoadOptions,
  subject: Subject,
  running: RunningSubject,
  load: readonly string[],
): string[] {
  return [
    ...['--port', running.ports.join(','), '--room-prefix', 'r', ...subject.speech, '--connect-timeout', '120'],
    ...['--conns', String(connections), '--rooms', String(rooms), '--publishers', String(publishers)],
    ...['--cpu', String(SERVER_CPU), '--pids', `server:${running.pids.join(',')}`],
    ...running.helpers.flatMap((helper) => ['--pids', helper]),
    ...load,
  ];
}

function judgeConnect({ say }: LoadOptions, subject: Subject, { connect }: Pick<Measurement, 'connect'>): void {
  say(
    `${subject.name}: joined ${connect.joined} at ${connect.per_s}/s, ${connect.anon_kb_per_conn} KiB each${connect.error && ` ${connect.error}`}`,
  );
  if (connect.failed > 0) throw new Error(`${connect.failed} connections failed: ${connect.error}`);
}

function judge(subject: Subject, { dups, gaps, misrouted }: Step): void {
  if (subject.ours && dups + gaps + misrouted > 0) {
    throw new Error(
      `${dups} messages doubled or out of order, ${gaps} missing in between, ${misrouted} in a wrong room`,
    );
  }
}

function lineOf(step: Step): string {
  const part = step.expected === 0 ? 1 : step.got / step.expected;
  const acks = step.ack_ms ? `, ${step.acked_per_s} acks/s p99 ${step.ack_ms.p99} ms` : '';
  return (
    `${step.rate}/s: ${step.delivered_per_s} deliveries/s (${(part * 100).toFixed(1)} %), p50 ${step.lat_ms.p50} p99 ${step.lat_ms.p99} ms, ` +
    `${step.per_server_cpu_s} per CPU-s, server ${step.procs.server?.util}, pg ${step.procs.pg?.util ?? '-'}, generator ${step.gen_util}${acks}`
  );
}

import type { Generator, Measurement, Step } from './generator.ts';
import { SERVER_CPU } from './machine.ts';
import type { Scenario } from './scenarios.ts';
import type { RunningSubject, Subject } from './subject.ts';

/** What a subject did in a scenario: one measurement for each repeat, or each connection. */
export interface Result {
  readonly subject: string;
  readonly fixed: readonly Measurement[];
  /** Steps of rising rates, a list for each repeat. */
  readonly rising: readonly (readonly Step[])[];
  /** In the idle scenario: members that come back to the instance that knows their rooms. */
  readonly returned: readonly Measurement[];
}

export interface MeasureOptions {
  readonly generator: Generator;
  readonly subject: Subject;
  readonly scenario: Scenario;
  readonly label: string;
  readonly repeats: number;
  /** Whether to search for the highest rate of fan-out. */
  readonly max: boolean;
  readonly say: (text: string) => void;
}

/** A rate is reached when 99 % arrive within 100 ms and nothing is lost. */
const P99_MS = 100;
const RISE = 1.18;
const RISES = 24;

export function reached(step: Step): boolean {
  return step.lat_ms.p99 < P99_MS && step.got >= step.expected * 0.999;
}

/** Runs one scenario with one subject, which is started afresh for it. */
export async function measure(options: MeasureOptions): Promise<Result> {
  const { subject, scenario } = options;
  const start = () => subject.start({ ...scenario, rooms: roomsOf(scenario), label: options.label });
  const result = {
    subject: subject.name,
    fixed: [] as Measurement[],
    rising: [] as Step[][],
    returned: [] as Measurement[],
  };
  if (scenario.kind === 'idle') {
    for (let turn = 0; turn < options.repeats; turn++) {
      const running = await start();
      result.fixed.push(await runLoad(options, running, IDLE));
      if (subject.stores) result.returned.push(await runLoad(options, running, IDLE));
      await running.stop();
    }
    return result;
  }
  const running = await start();
  try {
    // Who stores nothing has nothing to acknowledge.
    if (scenario.kind !== 'ingest' || subject.stores) {
      const args = loadOf(scenario);
      await runLoad(options, running, [...args, '--warmup', '1', '--duration', '7']); // compiled, caches filled
      for (let turn = 0; turn < options.repeats; turn++) {
        result.fixed.push(await runLoad(options, running, [...args, '--warmup', '1', '--duration', '4', '--check']));
      }
    }
    if (scenario.kind === 'fan-out' && options.max) {
      for (let turn = 0; turn < options.repeats; turn++) {
        const { steps } = await runLoad(options, running, rising(subject.from[scenario.from]));
        result.rising.push([...steps]);
      }
    }
  } finally {
    await running.stop();
  }
  return result;
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

function rising(from: number): string[] {
  const rates = Array.from({ length: RISES }, (_, i) => (from * RISE ** i).toFixed(0));
  const until = ['--stop-p99', String(P99_MS), '--retries', '1'];
  return ['--rate', rates.join(','), ...until, '--warmup', '0.3', '--duration', '1.5', '--drain', '1'];
}

/**
 * One run of the generator on a subject that runs.
 *
 * @param load options of the generator: rate and times
 * @throws Error when a connection fails, or when a subject that keeps order did not
 */
export async function runLoad(
  { generator, subject, scenario, say }: Pick<MeasureOptions, 'generator' | 'subject' | 'scenario' | 'say'>,
  running: RunningSubject,
  load: readonly string[],
): Promise<Measurement> {
  const { connections, rooms, publishers } = scenario;
  const found = await generator.measure([
    ...['--port', running.ports.join(','), '--room-prefix', 'r', ...subject.speech, '--connect-timeout', '120'],
    ...['--conns', String(connections), '--rooms', String(rooms), '--publishers', String(publishers)],
    ...['--cpu', String(SERVER_CPU), '--pids', `server:${running.pids.join(',')}`],
    ...running.helpers.flatMap((helper) => ['--pids', helper]),
    ...load,
  ]);
  const { connect, steps, final_error } = found;
  say(
    `${subject.name}: joined ${connect.joined} at ${connect.per_s}/s, ${connect.anon_kb_per_conn} KiB each${connect.error && ` ${connect.error}`}`,
  );
  for (const step of steps) say(`  ${lineOf(step)}`);
  if (final_error) say(`  ${final_error}`);
  if (connect.failed > 0) throw new Error(`${connect.failed} connections failed: ${connect.error}`);
  for (const { dups, gaps, misrouted } of steps) {
    if (subject.keepsOrder && dups + gaps + misrouted > 0) {
      throw new Error(
        `${dups} messages doubled or out of order, ${gaps} missing in between, ${misrouted} in a wrong room`,
      );
    }
  }
  return found;
}

function lineOf(step: Step): string {
  const part = step.expected === 0 ? 1 : step.got / step.expected;
  const acks = step.ack_ms ? `, ${step.acked_per_s} acks/s p99 ${step.ack_ms.p99} ms` : '';
  return (
    `${step.rate}/s: ${step.delivered_per_s} deliveries/s (${(part * 100).toFixed(1)} %), p50 ${step.lat_ms.p50} p99 ${step.lat_ms.p99} ms, ` +
    `${step.per_server_cpu_s} per CPU-s, server ${step.procs.server?.util}, pg ${step.procs.pg?.util ?? '-'}, generator ${step.gen_util}${acks}`
  );
}

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dataDir } from '@gongu/host';
import type { Entry, Evidence, Violation } from '@gongu/sim';
import type { ChaosArguments } from './arguments.ts';
import type { Moment } from './journal.ts';
import type { Step } from './plan/schedule.ts';

/** All that is known of a run that failed. */
export interface RunRecord {
  readonly args: ChaosArguments;
  /** ISO 8601. */
  readonly at: string;
  /** Of the programs that took part, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly journal: readonly Moment[];
  /** As it was printed. */
  readonly report: string;
  readonly violations: readonly Violation[];
  /** As much as it came to. */
  readonly evidence: Partial<Evidence>;
  /** The last texts that each client got, by the clock of the histories. */
  readonly transcripts: ReadonlyMap<string, readonly Moment[]>;
  /** Where the logs of the processes are. */
  readonly logsDir: string;
}

/** A file of its own for each run, where it outlives the run. @param at ISO 8601 */
export function defaultEvidenceFile(env: NodeJS.ProcessEnv, seed: number, at: string): string {
  return join(dataDir(env), 'chaos-evidence', `seed-${seed}-${at.replaceAll(/[:.]/g, '-')}.jsonl`);
}

/** Of each log, bytes of UTF-8 from its end. */
const LOG_BYTES = 16 * 2 ** 20;

/**
 * Writes a run that failed to one file of JSON lines, each with `what` it is: `run`, `report`, `violation`, `step`,
 * `moment`, `state`, `history` followed by its `entry`s, `text`, `log`. Messages that were received as they are stored
 * have no `content`. The folder is made where it is missing.
 */
export function writeEvidence(file: string, record: RunRecord): void {
  const { args, at, versions, steps, journal, report, violations, evidence, transcripts, logsDir } = record;
  mkdirSync(dirname(file), { recursive: true });
  const open = openSync(file, 'w', 0o600);
  const write = (what: string, fields: object) => writeSync(open, `${JSON.stringify({ what, ...fields })}\n`);
  try {
    write('run', { args, at, versions });
    write('report', { text: report });
    for (const violation of violations) write('violation', violation);
    for (const { kind, ...step } of steps) write('step', { step: kind, ...step });
    for (const moment of journal) write('moment', moment);
    const { histories = [], ...state } = evidence;
    write('state', state);
    const stored = new Map(
      state.rooms?.flatMap(({ roomId, messages }) => messages.map((one) => [`${roomId}:${one.seq}`, one.content])),
    );
    for (const { entries, ...history } of histories) {
      write('history', history);
      for (const entry of entries) {
        const { kind, ...fields } = entry;
        write('entry', { client: history.client, entry: kind, ...fields, ...briefly(entry, history.roomId, stored) });
      }
    }
    for (const [client, texts] of transcripts) for (const text of texts) write('text', { client, ...text });
    for (const log of readdirSync(logsDir)) for (const line of endOf(join(logsDir, log))) write('log', { log, line });
  } finally {
    closeSync(open);
  }
}

/** What was received without its text, where that is the one of the final state: many received each. */
function briefly(entry: Entry, roomId: string, stored: ReadonlyMap<string, string>): object {
  if (entry.kind !== 'received') return {};
  const { content, ...message } = entry.message;
  return { message: stored.get(`${roomId}:${message.seq}`) === content ? message : entry.message };
}

/** The last lines of a file; the first of them whole. */
function endOf(file: string): string[] {
  const bytes = readFileSync(file);
  const lines = bytes.subarray(-LOG_BYTES).toString('utf8').split('\n');
  return lines.slice(bytes.length > LOG_BYTES ? 1 : 0).filter((line) => line !== '');
}

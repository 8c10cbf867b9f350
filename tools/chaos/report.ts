import { type Counts, type Evidence, type History, sayingsOf, VIOLATION_KINDS, type Violation } from '@gongu/sim';
import { machine } from '@gongu/testkit';
import type { ChaosArguments } from './arguments.ts';

export interface ReportOptions {
  readonly args: ChaosArguments;
  readonly parts: readonly string[];
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
  /** By protocol. */
  readonly clients: readonly { readonly protocol: string; readonly counts: Counts }[];
  readonly faults: ReadonlyMap<string, number>;
  readonly shop: Readonly<Record<string, number>>;
  /** Of those who come and go by HTTP, and without a token. */
  readonly commotion: Readonly<Record<'asked' | 'tooSoon' | 'full' | 'lost' | 'passersBy', number>>;
  readonly busHarmed: number;
  /** Those that were searched for tokens. */
  readonly logs: readonly string[];
  readonly logLines: number;
  readonly seconds: { readonly [part in 'entering' | 'chaos' | 'healing' | 'settling']: number };
  /** What did not settle in time. */
  readonly unsettled: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

const QUOTED = 40;

/** What was done and what was found, as Markdown. */
export function report(options: ReportOptions): string {
  const { args, parts, evidence, violations, unsettled, clients, faults, shop, commotion, busHarmed, logs, logLines } =
    options;
  const { seconds, at } = options;
  const sum = (of: (counts: Counts) => number) => clients.reduce((total, { counts }) => total + of(counts), 0);
  const { rooms, histories, changes = [], marks = [], restrictions = [], sharedFiles = [], processes } = evidence;
  const searches = rooms.reduce((total, room) => total + (room.searches?.length ?? 0), 0);
  const changed = (how: 'done' | 'unknown') => changes.filter(({ outcome }) => outcome === how).length;
  const marked = (how: 'done' | 'unknown') => marks.filter(({ outcome }) => outcome === how).length;
  const replay = `pnpm chaos --seed ${args.seed} --minutes ${args.minutes} --clients ${args.clients} --instances ${args.instances}`;
  const rows: [string, string | number][] = [
    ['clients', `${clients.length} of ${new Set(clients.map(({ protocol }) => protocol)).size} protocols`],
    [
      'rooms, messages in them',
      `${rooms.length}, ${rooms.reduce((total, { messages }) => total + messages.length, 0)}`,
    ],
    ['rooms closed, cancelled', `${count(rooms, 'CLOSED')}, ${count(rooms, 'CANCELLED')}`],
    ['sends, of which again', `${sum(({ sends }) => sends)}, ${sum(({ sentAgain }) => sentAgain)}`],
    ['acknowledged', sum(({ acks }) => acks)],
    [
      'edits and deletions acknowledged, refused, without an answer',
      `${changed('done')}, ${changes.length - changed('done') - changed('unknown')}, ${changed('unknown')}`,
    ],
    [
      'reactions and pins acknowledged, refused, without an answer to each try',
      `${marked('done')}, ${marks.length - marked('done') - marked('unknown')}, ${marked('unknown')}`,
    ],
    [
      'mutes and bans asked for and taken away, acknowledged',
      `${restrictions.length}, ${restrictions.filter(({ outcome }) => outcome === 'done').length}`,
    ],
    [
      'files shared, acknowledged, deleted',
      `${sharedFiles.length}, ${sharedFiles.filter(({ seq }) => seq !== null).length}, ${sharedFiles.filter(({ deleted }) => deleted === 'done').length}`,
    ],
    ['searches in the end', searches],
    ['messages that mention somebody', rooms.reduce((total, { messages }) => total + mentioning(messages), 0)],
    ['refused (messages and joins)', sum(({ refusals }) => refusals)],
    ['unknown outcomes resolved', histories.reduce((total, history) => total + resolved(history), 0)],
    ['delivered', sum(({ received }) => received)],
    ['reconnects', sum(({ reconnects }) => reconnects)],
    ['too slow, resynchronised', sum(({ resyncs }) => resyncs)],
    ['too far behind, began anew', sum(({ restarts }) => restarts)],
    ['purchases: bought, refused, withdrawn', `${shop.bought}, ${shop.refused}, ${shop.withdrawn}`],
    ['products offered, changed by their seller', `${shop.products}, ${shop.edited}`],
    ['tries of purchases lost', shop.triesLost ?? 0],
    ['visitors without a token', commotion.passersBy],
    [
      'other comings and goings asked for, too soon, into a full room, without an answer',
      `${commotion.asked}, ${commotion.tooSoon}, ${commotion.full}, ${commotion.lost}`,
    ],
    ['messages of the bus doubled, swapped or dropped', busHarmed],
    ['logs searched for tokens', [...logs].sort().join(', ')],
    ['lines in them', logLines],
    [
      'seconds of entering, of chaos, of healing, of settling',
      [seconds.entering, seconds.chaos, seconds.healing, seconds.settling].map((one) => one.toFixed(0)).join(', '),
    ],
  ];
  return [
    `## Chaos, seed ${args.seed}, ${at.slice(0, 16).replace('T', ' ')} UTC`,
    '',
    ...parts.map((part) => `- ${part}`),
    `- machine: ${machine()}, clients and services together`,
    `- again: \`${replay}\``,
    '',
    '| | |',
    '|---|--:|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| fault | times |',
    '|---|--:|',
    ...[...faults].sort().map(([kind, times]) => `| ${kind} | ${times} |`),
    '',
    '| process | largest resident memory, MiB | bound |',
    '|---|--:|--:|',
    ...processes.map(({ name, maxRssBytes, boundBytes }) => `| ${name} | ${mib(maxRssBytes)} | ${mib(boundBytes)} |`),
    '',
    ...unsettled.map((what) => `Not settled in time: ${what}.`),
    ...verdict(violations, replay),
    '',
  ].join('\n');
}

function verdict(violations: readonly Violation[], replay: string): string[] {
  if (violations.length === 0) return ['Every guarantee held.'];
  const kinds = VIOLATION_KINDS.map((kind) => ({ kind, times: violations.filter((one) => one.kind === kind).length }));
  return [
    '| violation | times |',
    '|---|--:|',
    ...kinds.filter(({ times }) => times > 0).map(({ kind, times }) => `| ${kind} | ${times} |`),
    '',
    ...violations.slice(0, QUOTED).map(({ kind, text }) => `- ${kind}: ${text}`),
    '',
    `**${violations.length} violations.** Replay: \`${replay}\``,
  ];
}

/** Said more than once, and with an outcome in the end. */
function resolved(history: History): number {
  const times = new Map<string, number>();
  for (const entry of history.entries) if (entry.kind === 'said') times.set(entry.id, (times.get(entry.id) ?? 0) + 1);
  const sayings = sayingsOf(history);
  return [...times].filter(([id, sends]) => {
    const { acks, refused, receivedAs } = sayings.get(id)!;
    return sends > 1 && (acks.length > 0 || refused !== null || receivedAs !== null);
  }).length;
}

function count(rooms: Evidence['rooms'], status: string): number {
  return rooms.filter((room) => room.status === status).length;
}

function mentioning(messages: Evidence['rooms'][number]['messages']): number {
  return messages.filter(({ mentions = [] }) => mentions.length > 0).length;
}

function mib(bytes: number): string {
  return Number.isFinite(bytes) ? (bytes / 2 ** 20).toFixed(0) : 'none';
}

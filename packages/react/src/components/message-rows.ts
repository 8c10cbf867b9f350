import { type ChatMessage, type Message, type Outgoing, systemData } from '@gongu/client';
import { isSame } from '../chat/is-same.ts';

/** One line of a conversation. Rows of one message keep their key when an own message is confirmed. */
export type MessageRow =
  | { readonly kind: 'beginning'; readonly key: string; readonly seq: null }
  | { readonly kind: 'day'; readonly key: string; readonly seq: null; readonly at: string }
  | { readonly kind: 'unread'; readonly key: string; readonly seq: null }
  | {
      readonly kind: 'system';
      readonly key: string;
      /** Of the last that it stands for. */
      readonly seq: number;
      readonly message: Message;
      /** How many more of the same kind it stands for, which came right after it. */
      readonly more: number;
    }
  | { readonly kind: 'notice'; readonly key: string; readonly seq: number; readonly message: Message }
  | {
      readonly kind: 'chat';
      readonly key: string;
      readonly seq: number;
      readonly message: Message;
      readonly isMine: boolean;
      /** First of several by one person: shows the name. */
      readonly isHead: boolean;
      /** Last of several within a minute: shows the time. */
      readonly isTail: boolean;
    }
  | {
      readonly kind: 'outgoing';
      readonly key: string;
      readonly seq: null;
      readonly outgoing: Outgoing;
      /** As of a message: it is as high on its way as it will be when it is there. */
      readonly isHead: boolean;
    };

export interface MessageRowsOptions {
  readonly messages: readonly Message[];
  readonly outgoing: readonly Outgoing[];
  /** The own user's id. */
  readonly me: string | null;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** Own read mark when the room was entered: the unread divider comes after it. Null: no divider. */
  readonly unreadAfterSeq: number | null;
  /**
   * Messages that start a group whatever comes before them. Pass one set for as long as the list lives: what has been shown
   * as the first must not change its height when an older page comes.
   */
  readonly heads: Set<number>;
  /** What is known from before: of ten thousand messages it is most of the work. Pass one for as long as the list lives. */
  readonly memory?: RowsMemory;
}

export interface RowsMemory {
  /** When each message was sent, epoch milliseconds. */
  readonly times: WeakMap<Message, number>;
  last: { readonly options: MessageRowsOptions; readonly rows: readonly MessageRow[] } | null;
}

/** Milliseconds within which messages of one person belong together. */
const GROUP_MS = 5 * 60_000;
/** Lines of one kind from which on they are one: three say more than a line that counts them. */
const LINES_AS_ONE = 3;

/** A conversation as rows. What stands above a message never depends on messages that are not loaded yet. */
export function messageRows(options: MessageRowsOptions): readonly MessageRow[] {
  const { memory } = options;
  const rows = (memory?.last && withOlder(options, memory.last)) ?? rowsOf(options);
  if (memory) memory.last = { options, rows };
  return rows;
}

/** The rows of an older page before those that were there; null where these may be others now. */
function withOlder(options: MessageRowsOptions, last: NonNullable<RowsMemory['last']>): readonly MessageRow[] | null {
  const { messages, hasOlder, unreadAfterSeq } = options;
  const before = last.options.messages;
  const added = messages.length - before.length;
  const isPage =
    added > 0 &&
    before.every((message, i) => message === messages[added + i]) &&
    isSame(options, { ...last.options, messages, hasOlder });
  // A first that has no row may be followed by one that has another now.
  const from = last.rows.findIndex((row) => 'message' in row && row.message === before[0]);
  // Where the divider is due above what was there, or among it, its place is sought anew.
  if (!isPage || from < 0 || (reaches(options) && before[0]!.seq > unreadAfterSeq!)) return null;
  const older = rowsOf({ ...options, messages: messages.slice(0, added + 1), outgoing: [] });
  return [...older.slice(0, -1), ...last.rows.slice(from)];
}

/** Whether the messages at hand reach back to the mark, so that the first unread one is known. */
function reaches({ messages, hasOlder, unreadAfterSeq }: MessageRowsOptions): boolean {
  return unreadAfterSeq !== null && (!hasOlder || (messages[0]?.seq ?? 0) <= unreadAfterSeq + 1);
}

function rowsOf(options: MessageRowsOptions): MessageRow[] {
  const { outgoing, me, hasOlder, hasNewer, unreadAfterSeq, heads } = options;
  const known = options.memory?.times ?? new WeakMap();
  const messages = withoutChanges(options.messages);
  const rows: MessageRow[] = [];
  if (messages[0]) heads.add(messages[0].seq);
  if (!hasOlder && messages.length > 0) rows.push({ kind: 'beginning', key: 'beginning', seq: null });
  let isDividerDue = reaches(options);
  const times = messages.map((message) => timeOf(message, known));
  const dayOf = createDayOf();
  const days = times.map(dayOf);
  const crowds = crowdsIn(messages, days, heads);
  /** Whether the message at `i` and the one after it are of one group. */
  const isFollowed = (i: number) => areTogether(messages[i], messages[i + 1]) && times[i + 1]! - times[i]! < GROUP_MS;
  messages.forEach((message, i) => {
    const { seq, kind, sender, createdAt } = message;
    const before = messages[i - 1];
    // Whether this is the day's first can't be known of the first one that is loaded.
    const startsDay = before ? days[i - 1] !== days[i] : !hasOlder;
    if (startsDay) rows.push({ kind: 'day', key: `day-${seq}`, seq: null, at: createdAt });
    const isMine = sender !== null && sender.userId === me;
    if (isDividerDue && seq > unreadAfterSeq! && kind !== 'SYSTEM' && !isMine) {
      isDividerDue = false;
      // Above the first that is loaded its place is not known, and above the very first there is nothing to divide.
      if (before) rows.push({ kind: 'unread', key: 'unread', seq: null });
    }
    if (kind === 'SYSTEM') {
      const crowd = crowds.get(i) ?? { first: i, last: i };
      const more = crowd.last - crowd.first;
      if (i === crowd.first) rows.push({ kind: 'system', key: `${seq}`, seq: seq + more, message, more });
    } else if (kind === 'NOTIFICATION') rows.push({ kind: 'notice', key: keyOf(message, isMine), seq, message });
    else {
      const isHead = heads.has(seq) || startsDay || !isFollowed(i - 1);
      rows.push({
        kind: 'chat',
        key: keyOf(message, isMine),
        seq,
        message,
        isMine,
        isHead,
        isTail: !isFollowed(i) || minuteOf(times[i]!) !== minuteOf(times[i + 1]!),
      });
    }
  });
  // Away from the end there is a gap between what is shown and what is being sent.
  if (!hasNewer && outgoing.length > 0) {
    const shown = new Set(rows.map(({ key }) => key));
    const last = messages.at(-1);
    let before = last?.kind === 'CHAT' && last.sender?.userId === me ? times.at(-1)! : null;
    for (const each of outgoing) {
      const key = `own-${each.clientMessageId}`;
      if (shown.has(key)) continue;
      const isHead = before === null || each.queuedAtMs - before >= GROUP_MS;
      rows.push({ kind: 'outgoing', key, seq: null, outgoing: each, isHead });
      before = each.kind === 'NOTIFICATION' ? null : each.queuedAtMs;
    }
  }
  return rows;
}

/** What is equal for rows of about one height: of those with a text, also how long it is. */
export function shapeOf(row: MessageRow): string {
  const of = 'message' in row ? row.message : row.kind === 'outgoing' ? row.outgoing : null;
  const { content = '', replyTo, reactions, attachments } = (of ?? {}) as Partial<ChatMessage>;
  const isHead = 'isHead' in row && row.isHead;
  // About half a line of Korean.
  const letters = content.length >> 3;
  return `${[row.kind, isHead, !replyTo, !reactions, attachments?.length, content.split('\n').length, letters]}`;
}

function timeOf(message: Message, known: WeakMap<Message, number>): number {
  const before = known.get(message);
  if (before !== undefined) return before;
  const ms = Date.parse(message.createdAt);
  known.set(message, ms);
  return ms;
}

/** The messages that have a line. */
function withoutChanges(messages: readonly Message[]): readonly Message[] {
  return messages.some(isChange) ? messages.filter((message) => !isChange(message)) : messages;
}

function isChange(message: Message): boolean {
  const event = systemData(message)?.event;
  return event === 'message.changed' || event === 'messages.erased';
}

/**
 * Where people came, went or were removed for one reason one after the other, and nothing else: of each message the first and
 * the last of its crowd. None reaches over a day, nor over what has been shown as a first.
 */
function crowdsIn(messages: readonly Message[], days: readonly number[], heads: ReadonlySet<number>) {
  const crowds = new Map<number, { readonly first: number; readonly last: number }>();
  let first = 0;
  const whatOf = (i: number) => crowdOf(messages[i]);
  for (let i = 1; i <= messages.length; i++) {
    const message = messages[i];
    const goesOn =
      message !== undefined &&
      whatOf(i) !== null &&
      whatOf(i) === whatOf(i - 1) &&
      !heads.has(message.seq) &&
      days[i - 1] === days[i];
    if (goesOn) continue;
    const crowd = { first, last: i - 1 };
    if (i - first >= LINES_AS_ONE) for (let n = first; n < i; n++) crowds.set(n, crowd);
    first = i;
  }
  return crowds;
}

/** What makes lines one of a kind; null: each of its kind stands alone. */
function crowdOf(message: Message | undefined): string | null {
  const data = message && systemData(message);
  switch (data?.event) {
    case 'participant.joined':
    case 'participant.left':
      return data.event;
    case 'participant.removed':
      return `${data.event} ${data.reason}`;
    default:
      return null;
  }
}

/** The same for an own message on its way and arrived, so that its row stays what it is. */
function keyOf({ seq, clientMessageId }: Message, isMine: boolean): string {
  return isMine && clientMessageId !== null ? `own-${clientMessageId}` : `${seq}`;
}

function areTogether(first: Message | undefined, second: Message | undefined): boolean {
  return first?.kind === 'CHAT' && second?.kind === 'CHAT' && first.sender?.userId === second.sender?.userId;
}

/** When the day of a time began in this browser's time zone, epoch milliseconds. Of many times of one day it is sought once. */
function createDayOf(): (ms: number) => number {
  let from = Number.NaN;
  let to = Number.NaN;
  return (ms) => {
    if (ms >= from && ms < to) return from;
    const day = new Date(ms);
    from = day.setHours(0, 0, 0, 0);
    to = day.setDate(day.getDate() + 1);
    return from;
  };
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}

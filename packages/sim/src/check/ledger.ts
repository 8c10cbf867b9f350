import { randomBytes } from 'node:crypto';
import type { Message } from '@gongu/shared';
import type { Faults } from './faults.ts';

/** Something that a client of this run says: from its mouth to its place in the room. */
export interface Saying {
  readonly clientMessageId: string;
  readonly userId: string;
  readonly content: string;
  /** When it was said (or was due), on the ledger's clock. */
  readonly saidAtMs: number;
  /** A refusal is what is expected of it, and no fault. */
  readonly mayBeRefused: boolean;
  /** How often it was sent. */
  sends: number;
  ack: { readonly seq: number; readonly createdAt: string } | null;
  /** Its place, as the first client got it. */
  seenAs: number | null;
  /** The error code that it was refused with, for good. */
  refused: string | null;
}

/** One room as all clients of a run have it together. What one client got, the others must get the same. */
export interface Ledger {
  readonly roomId: string;
  readonly faults: Faults;
  /** Milliseconds, for differences only. */
  readonly nowMs: () => number;
  /** The room's messages, by `seq`, as the first client got them. */
  readonly rows: ReadonlyMap<number, Message>;
  /** By `clientMessageId`. */
  readonly sayings: ReadonlyMap<string, Saying>;
  /** Compares with what others got under this `seq`, and keeps what nobody had yet. */
  see(message: Message, who: string): void;
  /** Enters what is going to be sent, under an id that nobody else has. */
  say(userId: string, content: string, more?: { saidAtMs?: number; mayBeRefused?: boolean }): Saying;
}

export interface LedgerOptions {
  readonly roomId: string;
  readonly faults: Faults;
  /** @default performance.now */
  readonly nowMs?: () => number;
}

export function createLedger({ roomId, faults, nowMs = () => performance.now() }: LedgerOptions): Ledger {
  const rows = new Map<number, Message>();
  const sayings = new Map<string, Saying>();
  const prefix = randomBytes(6).toString('base64url');
  return {
    roomId,
    faults,
    nowMs,
    rows,
    sayings,
    see(message, who) {
      const known = rows.get(message.seq);
      if (!known) {
        rows.set(message.seq, message);
        const saying = message.clientMessageId === null ? undefined : sayings.get(message.clientMessageId);
        if (saying) saying.seenAs ??= message.seq;
      } else if (known !== message) {
        const field = difference(known, message);
        if (field) faults.add('changed', `${who}: ${message.seq} has another ${field} than others got`);
      }
    },
    say(userId, content, { saidAtMs = nowMs(), mayBeRefused = false } = {}) {
      const clientMessageId = `${prefix}-${sayings.size + 1}`;
      const fresh = { sends: 0, ack: null, seenAs: null, refused: null };
      const saying: Saying = { clientMessageId, userId, content, saidAtMs, mayBeRefused, ...fresh };
      sayings.set(clientMessageId, saying);
      return saying;
    },
  };
}

/** The first field in which two copies of a message differ; undefined when they are the same. */
export function difference(one: Message, other: Message): string | undefined {
  const fields = ['roomId', 'messageId', 'kind', 'content', 'clientMessageId', 'replyTo', 'createdAt'] as const;
  const field = fields.find((name) => one[name] !== other[name]);
  if (field) return field;
  if (one.sender?.userId !== other.sender?.userId) return 'sender';
  return same(one.data, other.data) ? undefined : 'data';
}

/** Deep equality of JSON values. */
function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [left, right] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => same(left[name], right[name]));
}

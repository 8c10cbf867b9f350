import { isChange } from '@gongu/shared';
import { limitRows } from '../room/page-rows.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { type Newer, rewritten } from './rewritten.ts';

export interface RingLimits {
  /** Messages held at least, where the bytes allow it; less than twice as many are held. */
  readonly capacity: number;
  /** Bytes held at most, by `heldBytes`, but for the newest message, which may be larger. */
  readonly maxBytes: number;
  /** What all rings may hold together. Default: any number of bytes. */
  readonly budget?: RingBudget;
}

/**
 * The newest messages of a room, consecutive by `seq`, bounded by count and by bytes. What has left it is read from the
 * store.
 */
export class Ring {
  #items: StoredMessage[] = [];
  #bytes = 0;
  #released = false;
  readonly #limits: RingLimits;

  constructor(items: readonly StoredMessage[], limits: RingLimits) {
    this.#limits = limits;
    this.#items = items.slice(-limits.capacity);
    for (const item of this.#items) this.#bytes += heldBytes(item);
    limits.budget?.add(this, this.#bytes);
    if (this.#bytes > limits.maxBytes) this.trim(limits.maxBytes, 1);
  }

  /** Adds the message that follows the newest one. */
  push(message: StoredMessage): void {
    const { capacity, maxBytes, budget } = this.#limits;
    const bytes = heldBytes(message);
    this.#items.push(message);
    this.#bytes += bytes;
    // Cut in blocks: dropping the first item of an array for each message would move all the others every time.
    if (this.#items.length >= capacity * 2) this.#drop(this.#items.length - capacity);
    if (this.#bytes > maxBytes) this.trim(maxBytes / 2, 1);
    if (!this.#released) budget?.add(this, bytes);
  }

  /** Takes a newer copy of a message, wherever it is held: for itself, and in rows of change, which come after it. */
  rewrite(message: Newer): void {
    const first = this.firstSeq;
    if (first === null) return;
    for (let i = Math.max(0, message.seq - first); i < this.#items.length; i++) {
      const held = this.#items[i]!;
      const newer = rewritten(held, message);
      if (newer === held) continue;
      const bytes = heldBytes(newer) - heldBytes(held);
      this.#items[i] = newer;
      this.#bytes += bytes;
      if (!this.#released) this.#limits.budget?.add(this, bytes);
    }
  }

  /** Bytes held, by `heldBytes`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `seq` of the oldest message held; null when there is none. */
  get firstSeq(): number | null {
    return this.#items[0]?.seq ?? null;
  }

  /** Whether all messages after `seq` are here (the room's newest being `lastSeq`). */
  covers(seq: number, lastSeq: number): boolean {
    if (seq >= lastSeq) return true;
    const first = this.firstSeq;
    return first !== null && first <= seq + 1;
  }

  /** Messages after `seq`, ascending. */
  after(seq: number): StoredMessage[] {
    const first = this.firstSeq;
    if (first === null) return [];
    return this.#items.slice(Math.max(0, seq + 1 - first));
  }

  /** The message of this `seq`, where it is held. */
  at(seq: number): StoredMessage | undefined {
    const first = this.firstSeq;
    return first === null ? undefined : this.#items[seq - first];
  }

  /** The newest, ascending: `count` of them that are no rows of change, and those among them. */
  newest(count: number): StoredMessage[] {
    return limitRows(this.#items, count, 'newest').slice();
  }

  /** Drops the oldest until at most `bytes` are held, or `keep` messages. */
  trim(bytes: number, keep = 0): void {
    let left = this.#bytes;
    let count = 0;
    while (left > bytes && count < this.#items.length - keep) left -= heldBytes(this.#items[count++]!);
    this.#drop(count);
  }

  /** Drops what is older than a position. */
  forgetBefore(seq: number): void {
    const first = this.firstSeq;
    if (first !== null) this.#drop(Math.min(this.#items.length, Math.max(0, seq - first)));
  }

  /** The room has left the memory: the ring counts no longer. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#limits.budget?.remove(this, this.#bytes);
  }

  #drop(count: number): void {
    if (count === 0) return;
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += heldBytes(this.#items[i]!);
    this.#items = this.#items.slice(count);
    this.#bytes -= bytes;
    if (!this.#released) this.#limits.budget?.add(this, -bytes);
  }
}

/** What the rings of an instance hold together. When it is too much, each keeps its share of three quarters. */
export class RingBudget {
  #bytes = 0;
  readonly #rings = new Set<Ring>();
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that all rings hold. */
  get bytes(): number {
    return this.#bytes;
  }

  add(ring: Ring, bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0) this.#rings.add(ring);
    // A quarter is made free at once, so that this is not done for each message.
    if (this.#bytes > this.#maxBytes) {
      const share = (this.#maxBytes * 0.75) / this.#rings.size;
      for (const each of this.#rings) each.trim(share);
    }
  }

  remove(ring: Ring, bytes: number): void {
    if (this.#rings.delete(ring)) this.#bytes -= bytes;
  }
}

/** About what a message takes in memory: text as UTF-16, and what it carries beside it. */
export function heldBytes(message: StoredMessage): number {
  const about = isChange(message) ? message.data.message : message;
  const changed = isChange(message) ? 2 * (about?.content.length ?? 0) : 0;
  const reactions =
    (isChange(message) && message.data.reactions) || (about?.kind !== 'SYSTEM' && about?.reactions) || [];
  return 800 + changed + 600 * reactions.length + message.content.length * (message.data === undefined ? 2 : 6);
}

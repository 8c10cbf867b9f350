import type { StoredMessage } from '../room/ports/stored-message.ts';

/** The newest messages of a room, consecutive by `seq`, at most `capacity`. */
export class Ring {
  #items: StoredMessage[];
  readonly #capacity: number;

  constructor(items: readonly StoredMessage[], capacity: number) {
    this.#capacity = capacity;
    this.#items = items.slice(-capacity);
  }

  /** Adds the message that follows the newest one. */
  push(message: StoredMessage): void {
    this.#items.push(message);
    // Cut in blocks: dropping the first item of an array for each message would move all the others every time.
    if (this.#items.length >= this.#capacity * 2) this.#items = this.#items.slice(-this.#capacity);
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

  /** The newest `count`, ascending. */
  newest(count: number): StoredMessage[] {
    return this.#items.slice(-count);
  }
}

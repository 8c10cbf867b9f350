import type { Socket as NetSocket } from 'node:net';

/**
 * The end of a turn of the event loop: first what fills queues (rooms), then the queues, so that a message leaves with the
 * turn that brought it. What one turn queued for each socket is written as one system call. Measured: one write per
 * message and socket stops a core at 230 000–330 000 deliveries a second, joined per turn it passes 5 000 000 and costs
 * nothing at low load (design figures: performance of `ws` peers, frames joined per event-loop turn). When
 * rooms had a scheduler of their own, CPU and system calls were the same within 7 % (queues alone, 1,000 sockets, 20 to
 * 1,000 messages a second, interleaved runs). Where the machine stood still for some 90 ms, that one joined more: 0.86 of
 * the deliveries for CPU now, at 0.6 of the delay. Whole runs of s1b and s3 on that machine: inconclusive.
 */
export function createFlusher() {
  let fillers: (() => void)[] = [];
  let dirty: SendQueue[] = [];
  let asked = false;

  function ask(): void {
    if (asked) return;
    asked = true;
    setImmediate(end);
  }

  function end(): void {
    const tasks = fillers;
    fillers = [];
    // What these queue is written below: nothing is asked for again.
    for (const task of tasks) task();
    asked = false;
    const queues = dirty;
    dirty = [];
    for (const queue of queues) queue.flush();
    if (fillers.length > 0) ask();
  }

  return {
    /** `task` is run once, before the queues are written. */
    fill(task: () => void): void {
      fillers.push(task);
      ask();
    },
    /** `queue` has something to write, and had nothing before. */
    schedule(queue: SendQueue): void {
      dirty.push(queue);
      ask();
    },
  };
}

export type Flusher = ReturnType<typeof createFlusher>;

/** Up to here, several pieces are copied into one: cheaper than a gathering write of them (`writev`). */
const COPY_BYTES = 16_384;

/** Hears whenever a queue has run empty. */
export interface QueueOwner {
  drained(): void;
}

const QUEUE = Symbol('send queue');

type Queued = NetSocket & { [QUEUE]?: SendQueue };

/** Bytes on their way to one socket: those of this turn, and those that the kernel has not taken yet. */
export class SendQueue {
  readonly #socket: NetSocket;
  readonly #flusher: Flusher;
  /** The first piece by itself: mostly there is no other. */
  #first: Buffer | null = null;
  #rest: Buffer[] | null = null;
  #pendingBytes = 0;
  /** The kernel has not taken all: more than the stream's high-water mark waited (16 KiB, from Node 22 on 64 KiB). */
  #full = false;
  #owner: QueueOwner | null = null;

  constructor(socket: NetSocket, flusher: Flusher) {
    this.#socket = socket;
    this.#flusher = flusher;
  }

  /** What waits in Node's stream below its high-water mark is not counted: to look at it for each write took 3 % of s1b. */
  get bytes(): number {
    return this.#full ? this.#pendingBytes + this.#socket.writableLength : this.#pendingBytes;
  }

  push(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#first === null) {
      this.#first = bytes;
      this.#flusher.schedule(this);
    } else if (this.#rest === null) this.#rest = [bytes];
    else this.#rest.push(bytes);
  }

  flush(): void {
    const first = this.#first;
    if (first === null) return;
    const rest = this.#rest;
    const bytes = this.#pendingBytes;
    this.clear();
    if (!this.#socket.writable) return;
    let taken: boolean;
    if (rest === null) taken = this.#socket.write(first);
    else if (bytes <= COPY_BYTES) taken = this.#socket.write(Buffer.concat([first, ...rest], bytes));
    else {
      this.#socket.cork();
      taken = this.#socket.write(first);
      for (const piece of rest) taken = this.#socket.write(piece);
      this.#socket.uncork();
    }
    // Only a write that was told to wait is followed by 'drain'; until then the queue is not empty, whatever this one says.
    if (!taken) this.#full = true;
    else if (!this.#full) this.#owner?.drained();
  }

  onDrain(owner: QueueOwner): void {
    this.#owner = owner;
    const socket: Queued = this.#socket;
    socket[QUEUE] = this;
    socket.on('drain', onDrain);
  }

  /** The stream has run empty: for the listener below. */
  drained(): void {
    this.#full = false;
    this.#owner!.drained();
  }

  /** Forgets what was not written yet. */
  clear(): void {
    this.#first = null;
    this.#rest = null;
    this.#pendingBytes = 0;
  }
}

/** One for all sockets: see `WsSocket`. */
function onDrain(this: Queued): void {
  this[QUEUE]!.drained();
}

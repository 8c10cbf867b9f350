import { randomUUID } from 'node:crypto';
import { CLOSE, closeReason } from '@gongu/shared';
import type { Framing, Inbound, Peer, Socket } from '../socket.ts';
import type { Timers } from '../timers.ts';
import { closeFrame, HEARTBEAT, OPEN, sockJsFraming } from './frames.ts';
import type { Receiver } from './receiver.ts';

export interface SessionOptions {
  readonly peer: Peer;
  readonly timers: Timers;
  /** Milliseconds a receiver waits before it is sent `h`. */
  readonly heartbeatMs: number;
  /** Milliseconds without a receiver after which the session is gone. */
  readonly disconnectDelayMs: number;
  /** Bytes that may be queued; past these the client is too slow, and closed with 4008. */
  readonly ceilingBytes: number;
  /** The session is over and has no more to say; called once. */
  readonly onGone: () => void;
}

/**
 * A session whose client fetches its frames by one HTTP request after the other. It outlives each of them, and is their
 * queue in between.
 */
export class SockJsSession implements Socket {
  readonly id = randomUUID();
  readonly framing: Framing = sockJsFraming;
  readonly peer: Peer;
  readonly #options: SessionOptions;
  #inbound: Inbound | null = null;
  #receiver: Receiver | null = null;
  /** The one before it, whose answer is complete and not taken: what it holds waits for the client as the queue does. */
  #unread: Receiver | null = null;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #flushing = false;
  /** The frame every receiver gets from now on. */
  #closing: string | null = null;
  /** How the application hears of the end; null once it has. */
  #end: { code: number; reason: string } | null = null;
  #told = false;
  #gone = false;
  #paused: { readonly chars: number; readonly resume: () => void }[] | null = null;
  #heartbeat: object | undefined;
  #patience: object | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.peer = options.peer;
  }

  /** Says `o` to the first receiver, and then brings the application in. */
  open(receiver: Receiver, accept: () => Inbound): void {
    receiver.frame(OPEN);
    this.attach(receiver);
    this.#inbound = accept();
    // It may have been ended by what it was brought in with.
    this.#tell();
  }

  /** Serves a client's request for frames. */
  attach(receiver: Receiver): void {
    const { timers, disconnectDelayMs, heartbeatMs } = this.#options;
    if (this.#receiver) {
      receiver.frame(closeFrame(2010, 'Another connection still open'));
      return receiver.end();
    }
    timers.clear(this.#patience);
    this.#patience = undefined;
    if (receiver.ended) return this.#wait(disconnectDelayMs);
    this.#receiver = receiver;
    receiver.listen({
      broken: () => this.#receiver === receiver && this.#interrupted(),
      drained: () => this.#receiver === receiver && this.#flush(),
      finished: () => this.#unread === receiver && this.#taken(),
    });
    this.#beginHeartbeat(heartbeatMs);
    this.#flush();
  }

  /** Messages that the client sent by a request of its own. */
  receive(messages: readonly string[]): void {
    for (const message of messages) if (this.#closing === null) this.#inbound?.frame(message);
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /** Requests that wait until the session takes messages again. */
  get waiting(): number {
    return this.#paused?.length ?? 0;
  }

  /** Characters of these requests. */
  get waitingChars(): number {
    return this.#paused?.reduce((sum, { chars }) => sum + chars, 0) ?? 0;
  }

  /** Fulfilled when the session takes messages: at once, unless it is paused. `chars`: of the request that waits. */
  async ready(chars: number): Promise<void> {
    // What those before this one say may pause it again.
    while (this.#paused) await new Promise<void>((resume) => this.#paused!.push({ chars, resume }));
  }

  send(text: string): void {
    this.write(this.framing.frame(text));
  }

  write(framed: Buffer): void {
    if (this.#closing !== null) return;
    this.#queue.push(framed);
    this.#queuedBytes += framed.length;
    if (this.queuedBytes() > this.#options.ceilingBytes) {
      this.#queue = [];
      this.#queuedBytes = 0;
      return this.close(CLOSE.slowConsumer, 'too slow');
    }
    this.#flushSoon();
  }

  queuedBytes(): number {
    return this.#queuedBytes + (this.#receiver?.queuedBytes ?? 0) + (this.#unread?.queuedBytes ?? 0);
  }

  pause(paused: boolean): void {
    if (paused) this.#paused ??= this.#closing === null ? [] : null;
    else this.#resume();
  }

  close(code: number, reason = ''): void {
    if (this.#closing !== null) return;
    const said = closeReason(reason);
    this.#ends(closeFrame(code, said), code, said);
    this.#flushSoon();
  }

  terminate(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#ends(closeFrame(CLOSE.goingAway, ''), 1006, '');
    this.#receiver?.destroy();
    this.#detach();
    this.#leave();
  }

  /** Ends at once, in one breath: the process stops. */
  stop(code: number, reason: string): void {
    this.close(code, reason);
    this.#flush();
    this.#receiver?.end();
    this.#detach();
    this.#leave();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // All that this turn queues goes out as one frame.
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const receiver = this.#receiver;
    if (!receiver || receiver.blocked || this.#unread) return;
    if (this.#queue.length > 0) {
      receiver.frame(Buffer.concat([ARRAY_OPEN, this.framing.join(this.#queue), ARRAY_CLOSE]));
      this.#queue = [];
      this.#queuedBytes = 0;
    }
    if (this.#closing !== null && !receiver.ended) {
      receiver.frame(this.#closing);
      receiver.end();
    }
    if (receiver.ended) {
      this.#detach();
      this.#wait(this.#options.disconnectDelayMs);
      if (receiver.unread) {
        this.#unread = receiver;
        return;
      }
    } else if (receiver.blocked) return;
    this.#inbound?.drained();
  }

  #taken(): void {
    this.#unread = null;
    if (this.#receiver) this.#flush();
    else if (this.#queue.length === 0) this.#inbound?.drained();
  }

  #beginHeartbeat(heartbeatMs: number): void {
    const { timers } = this.#options;
    this.#heartbeat = timers.setTimeout(() => {
      if (!this.#receiver?.blocked) this.#receiver?.frame(HEARTBEAT);
      if (this.#receiver && !this.#receiver.ended) return this.#beginHeartbeat(heartbeatMs);
      this.#detach();
      this.#wait(this.#options.disconnectDelayMs);
    }, heartbeatMs);
  }

  #detach(): void {
    this.#options.timers.clear(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#receiver = null;
  }

  /** The next request must come within `ms`. */
  #wait(ms: number): void {
    if (this.#gone) return;
    this.#options.timers.clear(this.#patience);
    this.#patience = this.#options.timers.setTimeout(() => {
      this.#ends(closeFrame(CLOSE.goingAway, ''), 1006, 'no receiver');
      this.#leave();
    }, ms);
  }

  /** Frames may have been lost with the receiver, and nobody knows which: the session can't go on. */
  #interrupted(): void {
    this.#detach();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#ends(closeFrame(1002, 'Connection interrupted'), 1006, 'connection interrupted');
    this.#wait(this.#options.disconnectDelayMs);
  }

  #ends(frame: string, code: number, reason: string): void {
    if (this.#closing === null) {
      this.#closing = frame;
      this.#end = { code, reason };
      this.#resume();
      // Not within the call that closes: the application is in the middle of something.
      queueMicrotask(() => this.#tell());
    }
  }

  #tell(): void {
    if (!this.#inbound || !this.#end || this.#told) return;
    this.#told = true;
    this.#inbound.closed(this.#end.code, this.#end.reason);
  }

  #resume(): void {
    const waiting = this.#paused ?? [];
    this.#paused = null;
    for (const { resume } of waiting) resume();
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.timers.clear(this.#patience);
    this.#options.onGone();
  }
}

const ARRAY_OPEN = Buffer.from('a[');
const ARRAY_CLOSE = Buffer.from(']');

import type { Command, Event, EventOf } from '@gongu/shared';
import { type ChatError, failure, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import type { Transport } from '../transport/transport.ts';

/** Which event answers which command. */
interface Answers {
  join: EventOf<'joined'>;
  watch: EventOf<'joined'>;
  send: EventOf<'ack'>;
  history: EventOf<'page'>;
  unsubscribe: EventOf<'ok'>;
  leave: EventOf<'ok'>;
  edit: EventOf<'ok'>;
  delete: EventOf<'ok'>;
  react: EventOf<'ok'>;
  pin: EventOf<'ok'>;
}
/** A command before it has a `ref`. */
export type Without<C> = C extends unknown ? Omit<C, 'ref'> : never;
type Asking = Without<Extract<Command, { type: keyof Answers }>>;

/** How a link ended. */
export interface LinkEnd {
  /** WebSocket close code; 1006 when it broke, never opened, or gave no sign of life. */
  readonly code: number;
  readonly reason: string;
  /** What the server said was wrong, before it closed. */
  readonly error: ChatError | null;
  /** Milliseconds after which the server wants this client back; null when it did not say. */
  readonly returnAfterMs: number | null;
}

export interface LinkOptions {
  readonly transport: Transport;
  readonly token: string;
  readonly clock: Clock;
  /** Authenticated; again after each renewal of the token. */
  readonly onReady: (event: EventOf<'ready'>) => void;
  /** Everything else that is no answer. */
  readonly onEvent: (event: Event) => void;
  /** Called once, unless this side closed the link. Requests under way have failed before it. */
  readonly onClosed: (end: LinkEnd) => void;
}

/** One connection to the server, from its opening to its end. */
export interface Link {
  readonly transport: string;
  readonly isReady: boolean;
  /** Sends and expects no answer. */
  tell(command: Without<Extract<Command, { type: 'typing' | 'read' | 'auth' }>>): void;
  /** Sends and calls `done` once, in the turn in which the answer came; what follows the answer comes after it. */
  ask<C extends Asking>(command: C, done: (result: Result<Answers[C['type']]>) => void): void;
  /** Asks for a sign of life now: there is a reason to doubt. */
  probe(): void;
  close(): void;
}

/** Milliseconds from opening to `ready`. */
const OPEN_MS = 10_000;
/** Milliseconds for an answer. */
const ANSWER_MS = 20_000;
/** Milliseconds for a sign of life after a ping: usual, and where there is doubt. */
const PONG_MS = 10_000;
const DOUBT_MS = 4_000;

export function createLink(options: LinkOptions): Link {
  const { transport, clock } = options;
  const waiting = new Map<string, { done: (result: Result<never>) => void; cancel: () => void }>();
  let refs = 0;
  let isReady = false;
  let over = false;
  let error: ChatError | null = null;
  let returnAfterMs: number | null = null;
  // Silence that is normal: the server's ping reaches the browser, never the page.
  let quietMs = 25_000;
  let cancelWatch = clock.after(OPEN_MS, () => end(1006, 'not ready in time'));
  /** When an answer to the last ping is due; infinite when none is. */
  let pongBy = Number.POSITIVE_INFINITY;

  const channel = transport.open(options.token, { onEvent, onAlive, onClosed: (code, reason) => finish(code, reason) });

  function watch(): void {
    cancelWatch();
    pongBy = Number.POSITIVE_INFINITY;
    cancelWatch = clock.after(quietMs, () => ping(PONG_MS));
  }

  function ping(patienceMs: number): void {
    const by = clock.monotonic() + patienceMs;
    // Doubts that repeat don't put the end off.
    if (by >= pongBy) return;
    pongBy = by;
    cancelWatch();
    channel.send({ type: 'ping' });
    cancelWatch = clock.after(patienceMs, () => end(1006, 'no sign of life'));
  }

  function onAlive(): void {
    if (isReady && !over) watch();
  }

  function onEvent(received: Event): void {
    if (over) return;
    if (isReady) watch();
    const { ref } = received as { ref?: string };
    const asked = ref === undefined ? undefined : waiting.get(ref);
    if (asked) {
      waiting.delete(ref!);
      asked.cancel();
      if (received.type === 'error') asked.done({ ok: false, error: errorOf(received) });
      else asked.done(success(received as never));
    } else if (received.type === 'ready') {
      isReady = true;
      quietMs = received.heartbeatMs;
      error = null;
      watch();
      options.onReady(received);
    } else if (received.type === 'reconnect') {
      returnAfterMs = received.afterMs;
    } else if (received.type !== 'pong') {
      if (received.type === 'error' && received.roomId === undefined) error = errorOf(received);
      options.onEvent(received);
    }
  }

  /** Ends it from this side, and tells of it. */
  function end(code: number, reason: string): void {
    if (over) return;
    channel.close();
    finish(code, reason);
  }

  function finish(code: number, reason: string): void {
    if (over) return;
    stop();
    options.onClosed({ code, reason, error, returnAfterMs });
  }

  function stop(): void {
    over = true;
    isReady = false;
    cancelWatch();
    const lost = failure('CONNECTION_LOST', 'The connection ended before the answer came');
    const all = [...waiting.values()];
    waiting.clear();
    for (const { done, cancel } of all) {
      cancel();
      done(lost);
    }
  }

  return {
    transport: transport.name,
    get isReady() {
      return isReady;
    },
    tell(command) {
      if (!over) channel.send(command as Command);
    },
    ask(command, done) {
      if (over) return done(failure('CONNECTION_LOST', 'There is no connection'));
      const ref = String(++refs);
      const cancel = clock.after(ANSWER_MS, () => {
        waiting.delete(ref);
        done(failure('TIMED_OUT', 'No answer came in time'));
        // Something is wrong with a connection that answers nothing.
        if (!over) ping(DOUBT_MS);
      });
      waiting.set(ref, { done: done as (result: Result<never>) => void, cancel });
      channel.send({ ...command, ref } as Command);
    },
    probe() {
      if (isReady && !over) ping(DOUBT_MS);
    },
    close() {
      if (over) return;
      stop();
      channel.close();
    },
  };
}

/** An `error` frame as a value. */
function errorOf({ code, message, retryAfterMs, errors }: EventOf<'error'>): ChatError {
  return { code, message, retryAfterMs, errors: errors ?? [] };
}

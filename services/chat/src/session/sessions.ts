import type { Protocol } from '../protocol/codec.ts';

/** Milliseconds between two looks at all sessions' deadlines. */
const SWEEP_MS = 250;

/** As much of a session as its instance sees. */
export interface OpenSession {
  /** What it speaks; may become known only with its first frame. */
  readonly protocol: Protocol;
  readonly userId: string;
  /** Rooms that one without an account is in; of others, none. */
  readonly visited: Iterable<string>;
  /** Bytes that the client has not taken yet. */
  readonly queuedBytes: number;
  /** Deadlines; called a few times a second for all sessions, so that none needs timers of its own. */
  sweep(): void;
  /** Sends the client elsewhere: told to come back after `afterMs`, then closed. */
  drain(afterMs: number): void;
  /** Ends the connection of a client that does not answer its close. */
  terminate(): void;
}

interface Drain {
  readonly windowMs: number;
  readonly deadlineMs: number;
  readonly flush: () => void;
}

export interface SessionsOptions {
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** All open sessions of this instance: their deadlines, and their end when the instance drains. */
export function createSessions({ random, now }: SessionsOptions) {
  const open = new Set<OpenSession>();
  const counts = new Map<Protocol, number>([['json', 0]]);
  const timer = setInterval(() => {
    for (const session of open) session.sweep();
  }, SWEEP_MS);
  timer.unref();

  return {
    add: (session: OpenSession) => void open.add(session),
    delete: (session: OpenSession) => void open.delete(session),
    /** How many there are of each protocol; those that have had some keep their row. */
    byProtocol(): ReadonlyMap<Protocol, number> {
      for (const protocol of counts.keys()) counts.set(protocol, 0);
      for (const { protocol } of open) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
      return counts;
    },
    get size(): number {
      return open.size;
    },
    /** For metrics, which look seldom: every open session. */
    all: (): Iterable<OpenSession> => open,

    /**
     * Sends all clients elsewhere, spread over `windowMs`, so that they don't all come to the others in one moment.
     * Resolves when all have gone, or after `deadlineMs`. `flush`: writes what rooms still have for their sockets.
     */
    async drain({ windowMs, deadlineMs, flush }: Drain): Promise<void> {
      clearInterval(timer);
      const all = [...open];
      const timers = all.map((session, i) =>
        setTimeout(
          () => {
            flush();
            session.drain(Math.round(random() * windowMs));
          },
          (i / all.length) * windowMs,
        ),
      );
      const giveUpAt = now() + deadlineMs;
      while (open.size > 0 && now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
      for (const each of timers) clearTimeout(each);
      // Those that never answered their close would hold the process.
      for (const session of [...open]) session.terminate();
    },

    stop: () => clearInterval(timer),
  };
}

export type Sessions = ReturnType<typeof createSessions>;

import type { Bus, Signal } from '../room/ports/bus.ts';

/** Milliseconds between reads of heads: this is how an instance on the same database notices what another one stored. */
const HEAD_INTERVAL_MS = 1_000;

/** Joins local buses of one process, as several apps in one test are; production has one bus to an exchange. */
export interface LocalExchange {
  readonly members: Set<(signal: Signal) => void>;
}

export function createLocalExchange(): LocalExchange {
  return { members: new Set() };
}

/**
 * The bus of an instance without Redis. Signals reach the other buses of the same exchange in a later turn, as they
 * would over a network; other processes learn of new messages from PostgreSQL within a second, and of typing and
 * presence not at all.
 */
export function createLocalBus({ exchange }: { exchange: LocalExchange }): Bus {
  const rooms = new Set<string>();
  let listener: ((signal: Signal) => void) | null = null;
  const receive = (signal: Signal) => {
    if (rooms.has(signal.roomId)) listener?.(signal);
  };
  exchange.members.add(receive);

  return {
    publish(signal) {
      if (exchange.members.size < 2) return;
      setImmediate(() => {
        for (const member of exchange.members) if (member !== receive) member(signal);
      });
    },
    async follow(roomId) {
      rooms.add(roomId);
    },
    unfollow(roomId) {
      rooms.delete(roomId);
    },
    listen(next) {
      listener = next;
    },
    headIntervalMs: () => HEAD_INTERVAL_MS,
    state: () => 'off',
    lagMs: () => null,
    async close() {
      exchange.members.delete(receive);
      listener = null;
    },
  };
}

import { AppError } from '@gongu/shared';

/** Why an instance lets no more connections in. */
export type Full = (typeof FULL)[number];
export const FULL = ['draining', 'max_connections', 'max_handshakes'] as const;

/** A handshake that was refused before anybody looked at who it is from. */
export class NotAdmitted extends AppError {
  readonly reason: Full;

  constructor(reason: Full, retryAfterMs: number) {
    super('UNAVAILABLE', { detail: DETAIL[reason], retryAfterMs });
    this.reason = reason;
  }
}

const DETAIL: Readonly<Record<Full, string>> = {
  draining: 'The service is stopping; connect again, to another instance',
  max_connections: 'This instance has all the connections that it takes',
  max_handshakes: 'Too many connect at once',
};

export interface AdmissionOptions {
  /** Most sockets, streams and polling sessions at once; 0 = any number. */
  readonly maxConnections: number;
  /** Most handshakes in any second; 0 = any number. */
  readonly maxHandshakesPerSecond: number;
  /** Sessions that are open. */
  readonly connections: () => number;
  readonly draining: () => boolean;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
}

/** Milliseconds before which nobody who was refused shall come back, and at the latest. */
const EARLIEST_MS = 1_000;
const LATEST_MS = 30_000;

/**
 * The door of one instance: a handshake passes before its token is looked at and before anything is read from
 * PostgreSQL, or is told when to come again. Those who are too many for one second are given the seconds after it, each
 * a moment of its own, so that they come back no faster than they will be let in; those who find the instance full are
 * spread at random.
 */
export function createAdmission(options: AdmissionOptions) {
  const { maxConnections, maxHandshakesPerSecond: rate, connections, draining, now, random } = options;
  /** When the last handshakes of a second's worth passed, in a ring; the one at `next` is the oldest. */
  const passed = new Float64Array(Math.max(1, rate)).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  /** Handshakes that passed and are neither sessions nor refused yet. */
  let pending = 0;
  /** The moment that was given to the last one of those who were too many. */
  let givenUntil = Number.NEGATIVE_INFINITY;

  const anyMoment = () => Math.round(EARLIEST_MS + random() * (LATEST_MS - EARLIEST_MS));

  function ownMoment(at: number): number {
    givenUntil = Math.max(givenUntil, at + EARLIEST_MS) + 1_000 / rate;
    // More of them than come in until then: what is promised further ahead means nothing.
    return givenUntil > at + LATEST_MS ? anyMoment() : Math.round(givenUntil - at);
  }

  return {
    /**
     * Takes a place for one handshake. Call what is returned once it has become a session, or nothing.
     * @throws NotAdmitted
     */
    enter(): () => void {
      if (draining()) throw new NotAdmitted('draining', Math.round(random() * EARLIEST_MS));
      if (maxConnections > 0 && connections() + pending >= maxConnections) {
        throw new NotAdmitted('max_connections', anyMoment());
      }
      if (rate > 0) {
        const at = now();
        if (at - passed[next]! < 1_000) throw new NotAdmitted('max_handshakes', ownMoment(at));
        passed[next] = at;
        next = (next + 1) % rate;
      }
      pending++;
      let settled = false;
      return () => {
        if (!settled) pending--;
        settled = true;
      };
    },
  };
}

export type Admission = ReturnType<typeof createAdmission>;

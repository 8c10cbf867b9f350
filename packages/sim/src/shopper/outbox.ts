import type { Clock, Timer } from '@gongu/host';
import { type EventOf, messageId as idOf } from '@gongu/shared';
import type { Ledger, Saying } from '../check/ledger.ts';

export interface OutboxOptions {
  readonly who: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Puts a `send` frame on the way. */
  readonly send: (saying: Saying) => void;
  /** Milliseconds from saying to acknowledgement. */
  readonly onAcknowledged: (ms: number, saying: Saying) => void;
}

/** Sent and not answered, at most: what a server may refuse at once stays small. */
const IN_FLIGHT_MAX = 16;
/** Answers after which the same frame goes out again. */
const AGAIN = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL']);
/**
 * Milliseconds after which an answer may speak of another try: of a statement that PostgreSQL took so long over, chat does not
 * hear what became of it, asks again, and finds the message stored.
 */
const ASKED_AGAIN_MS = 4_000;
/** Milliseconds to wait where such an answer names none. */
const AGAIN_MS = 500;

/**
 * What one client has said and not yet seen acknowledged. It goes out in order, again after each lost connection, and
 * always under the same `clientMessageId`. Checks the acknowledgements.
 */
export function createOutbox({ who, ledger, clock, send, onAcknowledged }: OutboxOptions) {
  const { faults } = ledger;
  const sayings: Saying[] = [];
  const waiting: Saying[] = [];
  /** With when they were sent, on the ledger's clock. */
  const inFlight = new Map<Saying, number>();
  let open = false;
  let pause: Timer | undefined;
  let acknowledgements = 0;

  function pump(): void {
    while (open && pause === undefined && inFlight.size < IN_FLIGHT_MAX) {
      const next = waiting.shift();
      if (!next) return;
      inFlight.set(next, ledger.nowMs());
      next.sends += 1;
      send(next);
    }
  }

  /** Back to its place: in the order in which they were said. */
  function putBack(...sayings: readonly Saying[]): void {
    for (const saying of sayings) inFlight.delete(saying);
    waiting.unshift(...sayings);
    waiting.sort((one, other) => one.saidAtMs - other.saidAtMs);
  }

  function pauseFor(ms: number): void {
    clock.clear(pause);
    const over = () => {
      pause = undefined;
      pump();
    };
    pause = clock.setTimeout(over, Math.max(1, ms));
  }

  return {
    /** All that was ever said, in its order. */
    sayings: sayings as readonly Saying[],
    /** Neither acknowledged nor refused. */
    get unanswered() {
      return waiting.length + inFlight.size;
    },
    get acknowledgements() {
      return acknowledgements;
    },

    add(saying: Saying): void {
      sayings.push(saying);
      waiting.push(saying);
      pump();
    },

    /** The room takes messages now. */
    opened(): void {
      open = true;
      pump();
    },

    /** The connection is gone: of what was under way nobody knows whether it was stored. */
    closed(): void {
      open = false;
      clock.clear(pause);
      pause = undefined;
      putBack(...inFlight.keys());
    },

    acked({ clientMessageId, seq, createdAt, messageId, duplicate }: EventOf<'ack'>): void {
      const saying = ledger.sayings.get(clientMessageId);
      if (!saying) return faults.add('protocol', `${who}: an ack for ${clientMessageId}, which nobody sent`);
      if (messageId !== idOf(ledger.roomId, seq))
        faults.add('protocol', `${who}: ${messageId} is acknowledged as ${seq}`);
      const tookMs = ledger.nowMs() - (inFlight.get(saying) ?? Number.POSITIVE_INFINITY);
      if (duplicate && saying.sends < 2 && tookMs < ASKED_AGAIN_MS)
        faults.add('protocol', `${who}: ${clientMessageId} is no duplicate`);
      if (saying.ack && (saying.ack.seq !== seq || saying.ack.createdAt !== createdAt)) {
        faults.add('doubled', `${who}: ${clientMessageId} is acknowledged as ${saying.ack.seq} and as ${seq}`);
      }
      if (!inFlight.delete(saying)) return;
      saying.ack ??= { seq, createdAt };
      acknowledgements += 1;
      onAcknowledged(ledger.nowMs() - saying.saidAtMs, saying);
      pump();
    },

    /** An `error` about something that was sent; false when it is about something else. */
    refused({ ref, code, retryAfterMs }: EventOf<'error'>): boolean {
      const saying = ref === undefined ? undefined : ledger.sayings.get(ref);
      if (!saying || !inFlight.has(saying)) return false;
      if (AGAIN.has(code)) {
        putBack(saying);
        // What follows waits as well: it would only meet the same answer, and come out of its order.
        pauseFor(retryAfterMs ?? AGAIN_MS);
        return true;
      }
      inFlight.delete(saying);
      saying.refused = code;
      if (!saying.mayBeRefused) faults.add('protocol', `${who}: ${saying.clientMessageId} was refused with ${code}`);
      pump();
      return true;
    },
  };
}

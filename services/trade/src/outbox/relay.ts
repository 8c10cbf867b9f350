import { randomUUID } from 'node:crypto';
import type { Clock, Logger, Timer } from '@gongu/host';
import type { Deliver, DeliverTogether, Delivery } from './deliver.ts';
import type { OutboxEntry, OutboxStore } from './outbox-store.ts';

export interface RelayOptions {
  store: Pick<OutboxStore, 'claim' | 'delivered' | 'failed' | 'park' | 'giveBack'>;
  deliver: Deliver;
  /** Delivers purchases that stand next to each other. Default: one by one. */
  deliverTogether?: DeliverTogether;
  clock: Clock;
  log: Logger;
  /** Hears of every attempt. */
  onAttempt?: (entry: OutboxEntry, kind: Delivery['kind']) => void;
  /** [0, 1). Default: Math.random. */
  random?: () => number;
  /** Rooms under way at once. Default 8. */
  concurrency?: number;
  /** Milliseconds between looks at the outbox: how late an entry of another instance, or of one that died, may be. Default 1 000. */
  pollMs?: number;
  /** Milliseconds a claim holds without renewal: how long rooms wait for a relay that was killed. Default 10 000. */
  leaseMs?: number;
  /** Milliseconds that must be left of a lease before an entry is sent; more than a delivery may take. Default 6 000. */
  sendWithinMs?: number;
  /** Milliseconds; the longest pause after failures of one entry. Default 30 000. */
  entryPauseMs?: number;
  /** Milliseconds; the longest pause while chat is away, so also how late its return is noticed. Default 5 000. */
  awayPauseMs?: number;
}

const PAUSE_BASE_MS = 250;

type Failure = Exclude<Delivery, { kind: 'delivered' }>;

/**
 * Delivers the outbox. One relay per instance, any number of instances: each room's entries go out one after another, in
 * the order of commits, at least once. While chat is away one room at a time is tried, rather than all that wait.
 */
export function createRelay(options: RelayOptions) {
  const {
    store,
    deliver,
    deliverTogether,
    clock,
    log,
    onAttempt,
    random = Math.random,
    concurrency = 8,
    pollMs = 1_000,
  } = options;
  const { leaseMs = 10_000, sendWithinMs = 6_000, entryPauseMs = 30_000, awayPauseMs = 5_000 } = options;
  const underWay = new Set<Promise<void>>();
  let timer: Timer | undefined;
  let claiming: Promise<void> | null = null;
  let again = false;
  /** Rooms were left when the last claim was made. */
  let more = false;
  let stopped = true;
  /** The last look at the outbox failed. */
  let blind = false;
  /** Failures to reach chat since it last answered. */
  let away = 0;
  let pausedUntilMs = 0;

  function look(): void {
    if (stopped) return;
    if (claiming) {
      again = true;
      return;
    }
    clock.clear(timer);
    claiming = claimWhileWoken().finally(() => {
      claiming = null;
      rest();
    });
  }

  async function claimWhileWoken(): Promise<void> {
    try {
      do {
        again = false;
        await claimDue();
        blind = false;
      } while (again && !stopped);
    } catch (error) {
      // Once for a database that is away, not once a second.
      if (!blind) log.warn({ err: error }, 'the outbox can not be read');
      blind = true;
    }
  }

  function rest(): void {
    clock.clear(timer);
    if (!stopped) timer = clock.setTimeout(look, Math.max(pollMs, pausedUntilMs - clock.monotonic()));
  }

  async function claimDue(): Promise<void> {
    for (;;) {
      const limit = (away > 0 ? 1 : concurrency) - underWay.size;
      more = limit <= 0;
      if (stopped || more || clock.monotonic() < pausedUntilMs) return;
      const claim = randomUUID();
      const leaseFromMs = clock.monotonic();
      const entries = await store.claim(claim, limit, leaseMs);
      for (const entry of entries) {
        const run = deliverRoom(entry, claim, leaseFromMs)
          // The claim runs out by itself, and then the entry is delivered again.
          .catch((error: unknown) => log.warn({ err: error, roomId: entry.roomId }, 'the outbox can not be written'))
          .finally(() => {
            underWay.delete(run);
            if (more) look();
          });
        underWay.add(run);
      }
      if (entries.length < limit) return;
    }
  }

  /** Delivers a room's entries from `first` on, until there is no more, one fails, or the relay stops. */
  async function deliverRoom(first: OutboxEntry, claim: string, claimedAtMs: number): Promise<void> {
    let next: readonly OutboxEntry[] = [first];
    let leaseFromMs = claimedAtMs;
    while (next.length > 0) {
      const done: OutboxEntry[] = [];
      let failed: { entry: OutboxEntry; delivery: Failure } | null = null;
      let rest = runOf(next);
      let apart = deliverTogether === undefined;
      // A process that was held up must not send what another relay may be sending; nor one whose last request took its time.
      const maySend = () => !stopped && leaseFromMs + leaseMs - clock.monotonic() >= sendWithinMs;
      while (rest.length > 0 && failed === null && maySend()) {
        const [entry] = rest as [OutboxEntry];
        const isOne = apart || rest.length === 1;
        const delivery = isOne ? await deliver(entry) : await deliverTogether!(rest);
        apart = true;
        if (delivery === null) continue;
        const told = delivery.kind === 'delivered' && !isOne ? rest : [entry];
        for (const one of told) onAttempt?.(one, delivery.kind);
        if (wasAnswered(delivery)) back();
        if (delivery.kind !== 'delivered') failed = { entry, delivery };
        else done.push(...told);
        rest = rest.slice(told.length);
      }
      if (done.length > 0) {
        leaseFromMs = clock.monotonic();
        next = await store.delivered(done, claim, leaseMs);
      }
      const [head] = next;
      if (head === undefined) return;
      if (failed !== null) return setBack(failed.entry, claim, failed.delivery);
      if (stopped || done.length === 0) {
        more = true;
        return store.giveBack(head, claim);
      }
    }
  }

  async function setBack(entry: OutboxEntry, claim: string, delivery: Failure): Promise<void> {
    const { id, roomId, kind, attempts } = entry;
    const facts = { outboxId: id, roomId, kind, attempts: attempts + 1, reason: delivery.detail };
    switch (delivery.kind) {
      case 'refused':
        log.error(facts, 'chat refuses an outbox entry for good: it is parked and blocks its room');
        return store.park(entry, claim, delivery.detail);
      case 'retry': {
        const pause = backoffMs(attempts, { baseMs: PAUSE_BASE_MS, capMs: entryPauseMs, random });
        const delayMs = Math.min(Math.max(pause, delivery.afterMs), entryPauseMs);
        log.warn({ ...facts, delayMs }, 'an outbox entry was not delivered');
        return store.failed(entry, claim, delivery.detail, delayMs, delivery.missing ?? false);
      }
      case 'unreachable': {
        // Rooms that were under way together fail together; that is one absence.
        if (clock.monotonic() >= pausedUntilMs) {
          if (away === 0) log.warn(facts, 'chat is not reachable: the outbox waits');
          away += 1;
          pausedUntilMs = clock.monotonic() + backoffMs(away, { baseMs: PAUSE_BASE_MS, capMs: awayPauseMs, random });
        }
        return store.failed(entry, claim, delivery.detail, Math.max(0, pausedUntilMs - clock.monotonic()), false);
      }
    }
  }

  function back(): void {
    if (away === 0) return;
    away = 0;
    pausedUntilMs = 0;
    more = true;
    log.info('chat is reachable again');
    look();
  }

  return {
    start(): void {
      stopped = false;
      look();
    },

    /** Something was committed: deliver it now. */
    wake: look,

    /** Ends after the deliveries under way; what they have not got to is given back for another instance. */
    async stop(): Promise<void> {
      stopped = true;
      clock.clear(timer);
      await claiming;
      await Promise.all(underWay);
    },
  };
}

/**
 * What may be removed together once it is delivered: purchases next to each other, or else one entry. Should the relay die
 * before, all of it is delivered again. Purchases chat knows already change nothing then; one of them told again behind its
 * withdrawal, or behind the room's end, would.
 */
function runOf(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
  const end = entries.findIndex(({ kind }) => kind !== 'buyer.committed');
  return end === -1 ? entries : entries.slice(0, Math.max(1, end));
}

/** Whether chat said anything at all; a silence is no sign that it is back. */
function wasAnswered(delivery: Delivery): boolean {
  switch (delivery.kind) {
    case 'retry':
      return !delivery.silent;
    case 'refused':
      return !delivery.unsent;
    default:
      return delivery.kind === 'delivered';
  }
}

interface BackoffOptions {
  /** Milliseconds; the first pause is at most this long. */
  baseMs: number;
  /** Milliseconds; no pause is longer. */
  capMs: number;
  /** [0, 1). */
  random: () => number;
}

/**
 * Exponential backoff with full jitter: any time between nothing and `baseMs · 2^failures`, so that what failed
 * together does not come back together.
 */
export function backoffMs(failures: number, { baseMs, capMs, random }: BackoffOptions): number {
  // 2^30 is beyond every cap; a larger exponent would end in Infinity.
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
}

import type { Clock, Timer } from '../clock.ts';
import type { WebhookSend } from './send.ts';
import type { Attempt, ClaimedDelivery, WebhookStore } from './webhook-store.ts';

export interface DispatchOptions {
  store: Pick<WebhookStore, 'any' | 'fanOut' | 'claim' | 'settle'>;
  send: WebhookSend;
  newClaim: () => string;
  clock: Pick<Clock, 'setTimeout' | 'clear'>;
  /** From 0 to 1; spreads attempts. */
  random: () => number;
  onFailure: (error: unknown) => void;
  onAttempt: (outcome: 'delivered' | 'gone' | 'retry') => void;
}

const EVENTS_AT_ONCE = 500;
/** Milliseconds from one look to the next while there is much to do: what was done until then is told to the database at once. */
const LOOK_MS = 20;
/** Deliveries that hold a place at once. */
const AT_ONCE = 64;
/** Milliseconds after which a delivery that is under way gives its place to another: those that hang keep nobody waiting. */
const PLACE_MS = 1_000;
/** Deliveries under way to one endpoint. */
const PER_ENDPOINT = 4;
/** Milliseconds after which another instance may try what this one has claimed: more than an attempt takes. */
const LEASE_MS = 60_000;
/** Milliseconds to the next attempt: twice as many after each, up to the last. */
const RETRY_MS = { first: 1_000, last: 3_600_000 } as const;

/** Delivers what endpoints have still to be told. Each instance does; the database says who does what. */
export function createDispatch({ store, send, newClaim, random, clock, onFailure, onAttempt }: DispatchOptions) {
  /** Of each endpoint, how many are under way here. */
  const under = new Map<string, number>();
  const running = new Set<Promise<void>>();
  /** Those of them that hold a place. */
  const placed = new Set<ClaimedDelivery>();
  /** What became of attempts, and is still to be told to the database. */
  const ended: Attempt[] = [];
  let looking: Promise<void> | undefined;
  let again = false;
  /** There may be events that nobody has handed out yet. */
  let fresh = false;
  let stopped = false;
  let endPause = () => {};
  /** There is somebody to tell: without, a commit costs nothing here. */
  let wanted = false;

  /** Never rejects. */
  async function look(): Promise<void> {
    do {
      again = false;
      try {
        await settle();
        if (fresh) await fanOut();
        while (!stopped && placed.size < AT_ONCE && (await claimSome()));
      } catch (error) {
        onFailure(error);
      }
      if (again && !stopped) await pause();
    } while (again && !stopped);
    looking = undefined;
  }

  /** Until the next look, or the end. */
  async function pause(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      endPause = resolve;
      timer = clock.setTimeout(resolve, LOOK_MS);
    });
    clock.clear(timer);
  }

  async function fanOut(): Promise<void> {
    fresh = false;
    let count: number | null = EVENTS_AT_ONCE;
    while (count !== null && count >= EVENTS_AT_ONCE) count = await store.fanOut(EVENTS_AT_ONCE);
    if (count !== null) return;
    fresh = true;
    again = true;
  }

  /** Those that this fails for are delivered again when their lease ends. */
  async function settle(): Promise<void> {
    if (ended.length > 0) await store.settle(ended.splice(0));
  }

  /** Whether there may be more. */
  async function claimSome(): Promise<boolean> {
    const busy = [...under].flatMap(([id, count]) => (count >= PER_ENDPOINT ? [id] : []));
    const claim = newClaim();
    const limit = AT_ONCE - placed.size;
    const claimed = await store.claim(claim, limit, PER_ENDPOINT, LEASE_MS, busy);
    for (const delivery of claimed) {
      placed.add(delivery);
      const slow = clock.setTimeout(() => {
        placed.delete(delivery);
        wake();
      }, PLACE_MS);
      const one = attempt(delivery, claim).finally(() => {
        clock.clear(slow);
        placed.delete(delivery);
        running.delete(one);
        const left = (under.get(delivery.webhookId) ?? 1) - 1;
        if (left > 0) under.set(delivery.webhookId, left);
        else under.delete(delivery.webhookId);
        wake();
      });
      running.add(one);
      under.set(delivery.webhookId, (under.get(delivery.webhookId) ?? 0) + 1);
    }
    return claimed.length >= limit;
  }

  async function attempt(delivery: ClaimedDelivery, claim: string): Promise<void> {
    const answer = await send(delivery);
    const { status } = answer;
    const { id, attempts } = delivery;
    const of = { id, claim, attempts, answer: status, error: null, delayMs: 0 };
    if (status !== null && status >= 200 && status < 300) {
      onAttempt('delivered');
      ended.push({ ...of, outcome: 'delivered' });
    } else if (status === 410) {
      onAttempt('gone');
      ended.push({ ...of, outcome: 'gone' });
    } else {
      onAttempt('retry');
      const [error, asked] =
        answer.status === null ? [answer.error, 0] : [`status ${status}`, answer.retryAfterMs ?? 0];
      const backoff = RETRY_MS.first * 2 ** Math.min(delivery.attempts, 12) * (0.75 + random() / 2);
      const delayMs = Math.round(Math.min(Math.max(backoff, asked), RETRY_MS.last));
      ended.push({ ...of, outcome: 'retry', error, delayMs });
    }
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    looking ??= look();
  }

  return {
    /** Something was committed. */
    onCommit(): void {
      fresh = true;
      if (wanted) wake();
    },
    /** Something may be due. @throws what the store throws */
    async tick(): Promise<void> {
      wanted = await store.any();
      fresh = true;
      if (wanted) wake();
    },
    /** Ends when what is under way has ended. */
    async stop(): Promise<void> {
      stopped = true;
      endPause();
      await looking;
      await Promise.all(running);
      await settle().catch(onFailure);
    },
  };
}

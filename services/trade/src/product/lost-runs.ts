import type { Claim, KeyStore } from './ports/key-store.ts';

export interface LostRunsOptions {
  keys: Pick<KeyStore, 'abandon'>;
  /** Milliseconds after which a run counts as dead for everybody. */
  leaseMs: number;
}

/** Milliseconds between two tries to give up a lost run. */
const PAUSE_MS = 1_000;

interface LostRun {
  readonly claim: Claim;
  timer: NodeJS.Timeout | undefined;
  underWay: Promise<void>;
  readonly until: number;
}

/**
 * Runs under an idempotency key whose outcome this instance could not find out. The same request again goes on with its run,
 * which finds what was done; meanwhile the run is given up as soon as the database can be asked, so that other instances
 * need not wait for its lease.
 */
export function createLostRuns({ keys, leaseMs }: LostRunsOptions) {
  const lost = new Map<string, LostRun>();

  function giveUp(id: string, one: LostRun): void {
    one.timer = setTimeout(() => {
      if (performance.now() > one.until) return void lost.delete(id);
      one.underWay = keys.abandon(one.claim).then(
        () => {
          if (lost.get(id) === one) lost.delete(id);
        },
        () => {
          if (lost.get(id) === one) giveUp(id, one);
        },
      );
    }, PAUSE_MS);
    one.timer.unref();
  }

  return {
    add(claim: Claim): void {
      const id = idOf(claim);
      const one: LostRun = { claim, timer: undefined, underWay: Promise.resolve(), until: performance.now() + leaseMs };
      lost.set(id, one);
      giveUp(id, one);
    },

    /** The run that a request of the same user, route and key goes on with. */
    async take(of: Omit<Claim, 'run'>): Promise<string | undefined> {
      const id = idOf(of);
      const one = lost.get(id);
      if (!one) return undefined;
      lost.delete(id);
      clearTimeout(one.timer);
      await one.underWay;
      return one.claim.run;
    },
  };
}

function idOf({ userId, route, key }: Omit<Claim, 'run'>): string {
  return JSON.stringify([userId, route, key]);
}

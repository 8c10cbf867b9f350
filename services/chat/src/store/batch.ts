import { setTimeout as sleep } from 'node:timers/promises';
import {
  fateOf,
  isWorthAnotherTry,
  refusalOfErased,
  sqlState,
  UNKNOWN_FOR_MS,
  UNKNOWN_PAUSE_MS,
  unavailable,
  unknownOutcome,
} from '@gongu/host';
import type { Failure } from '../room/ports/outcome.ts';
import { halves, halvesByRoom } from './halves.ts';

export interface BatchOptions<In, Out> {
  /** One transaction; one answer an item, in order. */
  readonly run: (items: readonly In[]) => Promise<readonly Out[]>;
  /** Asked again, `run` finds what it did the first time: then it is asked until the outcome is known. */
  readonly idempotent: boolean;
  /** The answer to an item that PostgreSQL refused with this SQLSTATE. Undefined: it fails with the error. */
  readonly refusal: (state: string) => Out | undefined;
  /** Of some rooms, those that somebody else has locked now. Default: that is found by halving. */
  readonly held?: (roomIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** SQLSTATE 55P03: a row stayed locked by somebody else for `lock_timeout` (500 ms, set on the functions). */
export const LOCK_NOT_AVAILABLE = '55P03';

/** SQLSTATE 57014: cancelled, as a rule for having taken longer than `statement_timeout`. */
const OUT_OF_TIME = '57014';

/**
 * Items of any rooms in one round trip and one transaction. A batch that one item spoils is halved until the culprit stands
 * alone: it fails, and the others are stored. Of one that waits in vain the rooms that nobody has locked are stored, and the
 * others are tried once more. The promise rejects only when all failed alike.
 */
export function createBatch<In extends { readonly roomId: string }, Out>(options: BatchOptions<In, Out>) {
  const { run, idempotent, refusal, held } = options;

  return async (items: readonly In[]): Promise<readonly (Out | Failure)[]> => {
    const out = new Array<Out | Failure>(items.length);
    const giveUpAt = performance.now() + UNKNOWN_FOR_MS;
    /** The database has been away for a part; further ones are not tried. */
    let away: { error: unknown } | null = null;
    /** Items that took too long although they were alone. */
    let slow = 0;

    function fail(places: readonly number[], error: unknown): void {
      for (const place of places) out[place] = { outcome: 'FAILED', error };
    }

    function refuse(places: readonly number[], state: string, error: unknown): void {
      const refused = refusal(state);
      if (refused === undefined) {
        return fail(places, fateOf(error) ? unavailable(error) : (refusalOfErased(error) ?? error));
      }
      for (const place of places) out[place] = refused;
    }

    /** The places of rooms that somebody else holds, and of the others; null where that is no help. */
    async function byHolder(places: readonly number[]): Promise<{ taken: number[]; free: number[] } | null> {
      const rooms = new Set(places.map((place) => items[place]!.roomId));
      const taken = rooms.size > 1 && held ? await held([...rooms]).catch(() => null) : null;
      if (!taken || taken.size === 0) return null;
      const isTaken = (place: number) => taken.has(items[place]!.roomId);
      return { taken: places.filter(isTaken), free: places.filter((place) => !isTaken(place)) };
    }

    /**
     * @param unsure an earlier try may have stored these
     * @param waited an earlier try has waited for their rooms in vain
     */
    async function fill(places: readonly number[], unsure: boolean, waited = false): Promise<void> {
      if (away) return fail(places, unsure ? unknownOutcome(away.error) : unavailable(away.error));
      const batch = places.length === items.length ? items : places.map((place) => items[place]!);
      for (let rolledBack = waited ? 1 : 0; ; ) {
        try {
          const results = await run(batch);
          for (let i = 0; i < places.length; i++) out[places[i]!] = results[i]!;
          return;
        } catch (error) {
          const fate = fateOf(error);
          const state = sqlState(error);
          if (state !== undefined && (fate === undefined || fate === 'rolled-back')) {
            const locked = state === LOCK_NOT_AVAILABLE;
            const found = locked && !unsure ? await byHolder(places) : null;
            if (found) {
              if (found.free.length > 0) await fill(found.free, false);
              if (waited) return refuse(found.taken, state, error);
              return fill(found.taken, false, true);
            }
            const parts = locked ? halvesByRoom(items, places) : halves(places);
            // Behind a lock the halves are the other try.
            if (rolledBack++ === 0 && isWorthAnotherTry(error) && !(locked && parts)) continue;
            if (parts) {
              // One after the other: items of one room must not overtake each other.
              for (const part of parts) await fill(part, unsure);
              return;
            }
            if (!unsure) {
              // It is not the items: the rest would take as long, one after the other, to be told the same.
              if (state === OUT_OF_TIME && ++slow > 1 && performance.now() > giveUpAt) away = { error };
              return refuse(places, state, error);
            }
            // What holds the lock may be the try of which nobody knows.
            if (fate === undefined || performance.now() > giveUpAt) return fail(places, unknownOutcome(error));
          } else if (fate === undefined) {
            return fail(places, unsure ? unknownOutcome(error) : error);
          } else if (fate !== 'unknown' && !unsure) {
            away = { error };
            return fail(places, unavailable(error));
          } else {
            unsure = true;
            if (!idempotent || performance.now() > giveUpAt) {
              away = { error };
              return fail(places, unknownOutcome(error));
            }
          }
          await sleep(UNKNOWN_PAUSE_MS);
        }
      }
    }

    await fill([...items.keys()], false);
    const common = commonError(out);
    if (common) throw common.error;
    return out;
  };
}

function commonError(out: readonly unknown[]): { error: unknown } | null {
  const [first] = out as Failure[];
  if (first?.outcome !== 'FAILED') return null;
  return (out as Failure[]).every((one) => one.outcome === 'FAILED' && one.error === first.error) ? first : null;
}

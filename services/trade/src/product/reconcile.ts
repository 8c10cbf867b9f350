import type { Consistency, Divergence, Product, Room } from '@gongu/shared';
import { canHeal, divergenceOf } from './divergence.ts';
import type { ReconcileStore, RoomStates } from './ports/reconcile-store.ts';

export interface ReconcileOptions {
  store: ReconcileStore;
  rooms: RoomStates;
  /** Days after the end of its product for which chat keeps a room; 0: for ever. Default 0. */
  roomDays?: number;
  /** Hears of a room that was found different; `healed`: chat is told everything again. */
  onDivergence: (divergence: Divergence, healed: boolean) => void;
  /** Hears how many rooms differed, at the end of each comparison. */
  onCompared: (diverged: number) => void;
  now: () => number;
}

const HOUR_MS = 3_600_000;
/** How long ago a product may have ended and still be looked at. */
const ENDED_WITHIN_MS = 24 * HOUR_MS;
const BATCH = 100;
/** Divergences that are told one by one, and buyers that are named of each. */
const ITEMS = 100;
/** Buyers read by one statement, and those taken back by one round: the next one takes the others. */
const BUYERS = 1_000;

/**
 * Compares trade's products with chat's rooms, and tells chat again where they differ: after one of the two databases
 * was restored from a backup, or a parked entry was discarded. Trade has the last word.
 */
export function createReconcile({ store, rooms, roomDays = 0, onDivergence, onCompared, now }: ReconcileOptions) {
  /** An hour before chat may remove a room, nobody asks for it any more: what is under way then finds it. */
  const keptMs = roomDays === 0 ? Number.POSITIVE_INFINITY : (24 * roomDays - 1) * HOUR_MS;
  let looking: Promise<Consistency> | null = null;

  return {
    /** Rooms that chat says it does not know, though it was told to open them: opened again. Says how many. */
    async reopen(): Promise<number> {
      let sent = 0;
      for (const id of await store.missing(new Date(Math.max(0, now() - keptMs)), BATCH)) {
        // Chat is asked first: a room that merely was not open yet when its buyer was told is there by now.
        if ((await rooms.find(id)) !== null || !(await store.resend(id, true))) continue;
        onDivergence({ productId: id, fields: ['room'], missingBuyers: [], extraBuyers: [] }, true);
        sent += 1;
      }
      return sent;
    },

    /**
     * Every product that recruits or ended lately and has nothing on its way. Says how many rooms differed.
     *
     * @throws Error when chat does not answer; the next round begins anew
     */
    async compare(): Promise<number> {
      let different = 0;
      await eachDivergence(async (divergence, room) => {
        const healed = canHeal(room, divergence) && (await heal(divergence, room));
        onDivergence(divergence, healed);
        different += 1;
      });
      onCompared(different);
      return different;
    },

    /**
     * The same, and nothing is changed. Those who ask at once share an answer.
     *
     * @throws Error when chat does not answer
     */
    look(): Promise<Consistency> {
      looking ??= look().finally(() => {
        looking = null;
      });
      return looking;
    },
  };

  async function look(): Promise<Consistency> {
    const items: Divergence[] = [];
    let diverged = 0;
    const products = await eachDivergence(async (divergence) => {
      diverged += 1;
      if (items.length < ITEMS) items.push(named(divergence));
    });
    onCompared(diverged);
    const pending = await store.pending();
    const consistent = diverged === 0 && pending === 0;
    return { checkedAt: new Date(now()).toISOString(), consistent, compared: products, pending, diverged, items };
  }

  /** Says how many products were compared. */
  async function eachDivergence(
    differs: (divergence: Divergence, room: Room | null) => Promise<void>,
  ): Promise<number> {
    let count = 0;
    const endedAfter = new Date(now() - Math.min(ENDED_WITHIN_MS, keptMs));
    for (let after = ''; ; ) {
      const products = await store.settled(after, endedAfter, BATCH);
      // One at a time: this is nobody's hurry, and chat has other work.
      for (const product of products) {
        const room = await rooms.find(product.id);
        const divergence = await divergenceNow(product, room);
        if (divergence) await differs(divergence, room);
      }
      count += products.length;
      const last = products.at(-1);
      if (last === undefined || products.length < BATCH) return count;
      after = last.id;
    }
  }

  async function divergenceNow(product: Product, room: Room | null): Promise<Divergence | null> {
    const counts = product.participantCount > 0 || (room?.committedCount ?? 0) > 0;
    const [buyers, shown] = counts
      ? await Promise.all([buyersOf(product.id), room === null ? [] : rooms.buyers(product.id)])
      : [[], []];
    const divergence = divergenceOf(product, buyers, room, shown);
    // Somebody may have bought while chat was being asked.
    return divergence && (await store.unchanged(product.id, product.version)) ? divergence : null;
  }

  async function buyersOf(productId: string): Promise<string[]> {
    const all: string[] = [];
    for (let after = ''; ; after = all.at(-1)!) {
      const page = await store.buyers(productId, after, BUYERS);
      for (const userId of page) all.push(userId);
      if (page.length < BUYERS) return all;
    }
  }

  function heal({ productId, fields, extraBuyers }: Divergence, room: Room | null): Promise<boolean> {
    // An end that chat does not know of goes last; resend knows the order of all that.
    if (room === null || fields.includes('status') || extraBuyers.length === 0) {
      return store.resend(productId, room === null);
    }
    return store.heal(productId, extraBuyers.slice(0, BUYERS));
  }
}

/** As much of it as is told of one product. */
function named(divergence: Divergence): Divergence {
  const { missingBuyers, extraBuyers } = divergence;
  return {
    ...divergence,
    missingBuyers: missingBuyers.slice(0, ITEMS),
    extraBuyers: extraBuyers.slice(0, ITEMS),
  };
}

export type Reconcile = ReturnType<typeof createReconcile>;

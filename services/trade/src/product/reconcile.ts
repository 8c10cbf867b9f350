import type { Product, Room, RoomStatus } from '@gongu/shared';
import type { ReconcileStore, RoomStates } from './ports.ts';

/** What a product's status means for its room. */
const ROOM_STATUS: Readonly<Record<Product['status'], RoomStatus>> = {
  RECRUITING: 'ACTIVE',
  CLOSED: 'CLOSED',
  CANCELLED: 'CANCELLED',
};

/**
 * Fields in which the room differs from what its product says; empty when both agree. The title is not compared: the
 * host may change it in the room.
 */
export function differences(product: Product, room: Room): string[] {
  const ended = product.status !== 'RECRUITING';
  const pairs: [string, unknown, unknown][] = [
    ['status', ROOM_STATUS[product.status], room.status],
    ['committedCount', product.participantCount, room.committedCount],
    // Of an ended product nothing hangs on these, and chat would not change them any more.
    ['maxParticipants', ended || product.maxParticipants, ended || room.maxParticipants],
    ['minParticipants', ended || product.minParticipants, ended || room.minParticipants],
    ['expiresAt', ended || Date.parse(product.deadline), ended || Date.parse(room.expiresAt ?? '')],
  ];
  return pairs.filter(([, ours, theirs]) => ours !== theirs).map(([field]) => field);
}

export interface ReconcileOptions {
  store: ReconcileStore;
  rooms: RoomStates;
  /** Hears of a room that was found different and is told everything again. */
  found: (productId: string, fields: readonly string[]) => void;
  now: () => number;
}

/** How long ago a product may have ended and still be looked at. */
const ENDED_WITHIN_MS = 24 * 3_600_000;
const BATCH = 100;

/**
 * Compares trade's products with chat's rooms, and tells chat again where they differ: after one of the two databases
 * was restored from a backup, or a parked entry was discarded. Trade has the last word.
 */
export function createReconcile({ store, rooms, found, now }: ReconcileOptions) {
  return {
    /** Rooms that chat says it does not know, though it was told to open them: opened again. Says how many. */
    async reopen(): Promise<number> {
      let sent = 0;
      for (const id of await store.missing(BATCH)) {
        // Chat is asked first: a room that merely was not open yet when its buyer was told is there by now.
        if ((await rooms.find(id)) !== null || !(await store.resend(id, true))) continue;
        found(id, ['room']);
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
      const endedAfter = new Date(now() - ENDED_WITHIN_MS);
      for (let after = ''; ; ) {
        const products = await store.settled(after, endedAfter, BATCH);
        // One at a time: this is nobody's hurry, and chat has other work.
        for (const product of products) if (await heal(product)) different += 1;
        const last = products.at(-1);
        if (last === undefined || products.length < BATCH) return different;
        after = last.id;
      }
    },
  };

  async function heal(product: Product): Promise<boolean> {
    const room = await rooms.find(product.id);
    const fields = room === null ? ['room'] : differences(product, room);
    if (fields.length === 0 || !(await store.resend(product.id, room === null))) return false;
    found(product.id, fields);
    return true;
  }
}
export type Reconcile = ReturnType<typeof createReconcile>;

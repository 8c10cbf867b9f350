import { tellCommitted } from './committed.ts';
import { givingWay } from './giving-way.ts';
import type { Emit } from './ports/emit.ts';
import type { Presence } from './ports/presence.ts';
import type { RoomRow } from './ports/room-row.ts';
import type { GuestRow, RoomStore } from './ports/room-store.ts';

export interface LoweringOptions {
  readonly rooms: Pick<RoomStore, 'guests' | 'lowerPortion' | 'patch'>;
  readonly presence: Pick<Presence, 'view'>;
  readonly emit: Emit;
}

/** Guests removed by one statement, which tells of each with some 500 bytes. */
const PORTION = 250;
/** Guests read by one statement. */
const PAGE = 1_000;
/** Users online up to whom they are all named to the statement that lowers a cap. */
const NAMED = 1_000;
/** Times that the guests are read: some of those who were to go may have bought or left, and others be guests again. */
const ROUNDS = 3;

/** Who is to go, first to last: those without an account in their order, and all in theirs. */
interface Queue {
  readonly anonymous: readonly string[];
  readonly all: readonly string[];
}

/**
 * Lowers a room's cap. Of the guests beyond it 250 go with one commit, and the cap is lowered as far as that allows; the
 * others follow in commits of as many, on any instance, the cap with them.
 */
export function createLowering({ rooms, presence, emit }: LoweringOptions) {
  /** The guests of a room in the order in which they give way, as this instance sees them: see the function give_way. */
  async function queueOf(roomId: string): Promise<Queue> {
    const view = await presence.view(roomId);
    const turns: GuestRow[][] = [[], [], []];
    for (let beforeSeq: number | null = null; ; ) {
      const page: readonly GuestRow[] = await rooms.guests(roomId, { limit: PAGE, beforeSeq });
      for (const guest of page) turns[view.has(guest.userId) ? 2 : guest.anonymous ? 0 : 1]!.push(guest);
      if (page.length < PAGE) break;
      beforeSeq = page.at(-1)!.joinedSeq;
    }
    const all = turns.flat();
    const idOf = ({ userId }: GuestRow) => userId;
    return { anonymous: all.filter((guest) => guest.anonymous).map(idOf), all: all.map(idOf) };
  }

  return {
    /** Changes a room, a lower cap with its first portion. */
    patch(roomId: string, wanted: Parameters<RoomStore['patch']>[1]) {
      return givingWay(presence, roomId, (online) =>
        // Where there are more, who gives way is found outside of the room's lock.
        online !== null && online.length > NAMED
          ? rooms.patch(roomId, wanted, [], 0)
          : rooms.patch(roomId, wanted, online),
      );
    },

    /** Removes who is still beyond a cap that is being lowered. The room afterwards; null: there was nothing to do. */
    async finish(roomId: string): Promise<RoomRow | null> {
      let room: RoomRow | null = null;
      const step = async (guests: readonly string[], anonymous: boolean) => {
        const change = await rooms.lowerPortion(roomId, guests, anonymous);
        if (change.outcome !== 'changed' && change.outcome !== 'lowered') return null;
        tellCommitted(emit, change.messages);
        room = change.room;
        return change.outcome === 'changed' ? change : null;
      };
      for (let round = 0; round < ROUNDS; round += 1) {
        let left = await step([], false);
        if (!left) return room;
        const queue = await queueOf(roomId);
        for (let i = 0; left && left.beyond > 0 && i < queue.anonymous.length; i += PORTION) {
          left = await step(queue.anonymous.slice(i, i + PORTION), true);
        }
        for (let i = 0; left && i < queue.all.length; i += PORTION) {
          left = await step(queue.all.slice(i, i + PORTION), false);
        }
      }
      return room;
    },
  };
}

import { createGroupCommit } from '../room/group-commit.ts';
import type { Bus } from '../room/ports/bus.ts';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { Failure } from '../room/ports/outcome.ts';
import type { RoomSnapshot, RoomStore } from '../room/ports/room-store.ts';
import { noSuchRoom } from '../room/refusals.ts';
import { createFlushSchedule } from './flush-schedule.ts';
import { createRecovery, type Recover } from './recovery.ts';
import { RingBudget } from './ring.ts';
import { createRoomFeed, type FeedObserver, type RoomFeed } from './room-feed.ts';

export interface ServedRoomsOptions {
  readonly rooms: Pick<RoomStore, 'load'>;
  readonly messages: Pick<MessageStore, 'after' | 'before'>;
  /** The same, for what single listeners missed: reads that may wait for those of other rooms. Default: `messages`. */
  readonly missed?: Pick<MessageStore, 'after' | 'before'>;
  readonly bus: Pick<Bus, 'follow' | 'unfollow'>;
  /** Milliseconds a gap is waited for before the store is read. Default 30. */
  readonly gapMs?: number;
  /** Milliseconds a room without listeners stays in memory. Default 30 000. */
  readonly lingerMs?: number;
  /**
   * Milliseconds from one write to a room's sockets to the next, when the room has that much to tell. Default 0: what a
   * turn of the event loop brings is written.
   */
  readonly flushSpacingMs?: () => number;
  /** Runs a task at the end of this turn of the event loop, before sockets are written to. Default: on its own. */
  readonly atTurnEnd?: (task: () => void) => void;
  /** Bytes of recent messages that all rooms in memory keep together. Default 256 MiB. */
  readonly ringsBytes?: number;
  readonly observe: FeedObserver;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Members kept in memory for a room; of larger rooms, single members are asked for in the store. */
const MEMBERS_IN_MEMORY = 1_000;
/** A quarter of a small instance's memory; 300 busy rooms of ordinary messages fill it. */
const RINGS_BYTES = 268_435_456;
/** Messages read when a room is opened: enough for most reconnects of the next minutes. */
const OPENING_MESSAGES = 300;
/**
 * Rooms read by one statement: some hundred KiB each. After a crash hundreds of rooms are opened within a second; one by
 * one they queue for connections, while the handshakes leave no time for the answers, until the last of them give up.
 */
const LOAD_BATCH = 10;

/** A room that this instance serves. */
export interface Served {
  readonly feed: RoomFeed;
  readonly recover: Recover;
  /** Fulfilled once the feed is ready; false when there is no such room. */
  readonly opened: Promise<boolean>;
  /** Since when nobody listens; null while somebody does or is about to. */
  idleSince: number | null;
}

/**
 * The rooms in this instance's memory. Opening one costs one read, however many wait for it; writes and repairs of all
 * of them are scheduled here.
 */
export function createServedRooms(deps: ServedRoomsOptions) {
  const {
    rooms,
    messages,
    missed = messages,
    bus,
    observe,
    now,
    gapMs = 30,
    lingerMs = 30_000,
    flushSpacingMs = () => 0,
  } = deps;
  const served = new Map<string, Served>();
  const ringBudget = new RingBudget(deps.ringsBytes ?? RINGS_BYTES);
  const flushes = createFlushSchedule({ spacingMs: flushSpacingMs, atTurnEnd: deps.atTurnEnd, now });
  const loads = createGroupCommit<string, RoomSnapshot | Failure | null>({
    run: (roomIds) => rooms.load(roomIds, { members: MEMBERS_IN_MEMORY, messages: OPENING_MESSAGES }),
    batchMax: LOAD_BATCH,
  });
  const gaps = new Map<RoomFeed, NodeJS.Timeout>();

  function scheduleRepair(feed: RoomFeed): void {
    if (gaps.has(feed)) return;
    const timer = setTimeout(() => {
      gaps.delete(feed);
      void feed.repair();
    }, gapMs);
    gaps.set(feed, timer);
  }

  function serve(roomId: string): Served {
    const present = served.get(roomId);
    if (present) return present;
    const feed: RoomFeed = createRoomFeed({
      roomId,
      messages,
      missed,
      ringBudget,
      scheduleFlush: (urgent) => flushes.add(feed, urgent),
      scheduleRepair: () => scheduleRepair(feed),
      onRewritten: () => recovery.forget(),
      onErased: () => void reload(roomId, feed),
      observe,
      now,
    });
    const recovery = createRecovery({ feed, messages: missed });
    // First the bus, then the snapshot, then what was held: nothing falls between them.
    const opened = bus
      .follow(roomId)
      .then(() => loads.add(roomId))
      .then((snapshot) => {
        if (snapshot && 'outcome' in snapshot) throw snapshot.error;
        if (snapshot) feed.ready(snapshot);
        else forget(roomId, entry);
        return snapshot !== null;
      })
      .catch((error) => {
        forget(roomId, entry);
        throw error;
      });
    const entry: Served = { feed, recover: recovery.recover, opened, idleSince: now() };
    served.set(roomId, entry);
    return entry;
  }

  async function reload(roomId: string, feed: RoomFeed): Promise<void> {
    try {
      const snapshot = await loads.add(roomId);
      if (snapshot && 'outcome' in snapshot) throw snapshot.error;
      if (snapshot) feed.takeMembers(snapshot);
    } catch (error) {
      observe.failed('read of members', error);
    }
  }

  function forget(roomId: string, entry: Served): void {
    if (served.get(roomId) !== entry) return;
    served.delete(roomId);
    entry.feed.release();
    bus.unfollow(roomId);
    const timer = gaps.get(entry.feed);
    if (timer) clearTimeout(timer);
    gaps.delete(entry.feed);
  }

  async function open(roomId: string): Promise<Served> {
    const entry = serve(roomId);
    if (!(await entry.opened)) throw noSuchRoom();
    return entry;
  }

  return {
    /** The room, if it is in memory. */
    get: (roomId: string): Served | undefined => served.get(roomId),
    entries: (): [string, Served][] => [...served],
    open,
    forget,

    /** Heads of quiet rooms; and rooms nobody has listened to for a while leave the memory. */
    sweep(heartbeatMs: number): void {
      const at = now();
      for (const [roomId, entry] of served) {
        if (entry.feed.listenerCount > 0) entry.feed.tellHead(heartbeatMs);
        else if (entry.idleSince !== null && at - entry.idleSince > lingerMs) forget(roomId, entry);
      }
    },

    /** Writes what waits for its time. */
    flush: flushes.flush,

    close(): void {
      flushes.flush();
      for (const timer of gaps.values()) clearTimeout(timer);
      gaps.clear();
    },
  };
}

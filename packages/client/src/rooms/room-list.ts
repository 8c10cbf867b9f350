import type { RoomEntry } from '@gongu/shared';
import type { ChatError } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import type { Signals } from '../signals.ts';
import { createStore, type Store } from '../store.ts';

/** A room in which one is, as far as a list shows it. `seq` is that of its newest message. */
export type ListedRoom = Omit<RoomEntry, 'lastReadSeq'>;

/** The list; a new object with every change, and a room is the same object until something in it changes. */
export interface RoomListSnapshot {
  /**
   * `idle`: nobody listens, or nobody sees it. `connecting`: on the way. `live`: what is shown is so. `waiting`: lost, and
   * tried again. `closed`: the server said to stay away, `error` says why; the client's `connect()` tries all the same.
   */
  readonly status: 'idle' | 'connecting' | 'live' | 'waiting' | 'closed';
  /** Newest membership first, 500 at most. While the status is not `live`: as they were last. */
  readonly rooms: readonly ListedRoom[];
  /** There are others, which are not told of. */
  readonly hasMore: boolean;
  /** Why it was lost or refused, where that was said. */
  readonly error: ChatError | null;
}

/** The rooms in which one is, as they move: a store. One stream carries them all, and no room is joined for it. */
export interface RoomList {
  /** Follows the rooms as long as somebody listens, and the page is in sight. `listener` is called after changes. */
  subscribe(listener: () => void): () => void;
  /** The same object until something in it changes. */
  getSnapshot(): RoomListSnapshot;
}

/** Keeps the list as it is on the server until it is closed. `refresh`: the last token was refused. */
export type FollowRooms = (store: Store<RoomListSnapshot>, refresh: boolean) => { close(): void };

export interface RoomListOptions {
  /** Loads the code that follows the rooms: many pages never need it. */
  readonly load: () => Promise<FollowRooms>;
  readonly clock: Clock;
  /** 0 ≤ n < 1. */
  readonly random: () => number;
  readonly signals: Signals;
}

/** Milliseconds the stream outlives its last listener or the page's being in sight: a glance elsewhere costs none anew. */
const LINGER_MS = 3_000;

/**
 * The list's store, and when it is followed. Not while the page is hidden: a browser has six connections to a host of
 * HTTP/1.1, for all tabs together, and a stream is one; whatever was missed is told when it opens again.
 */
export function createRoomList({ load, clock, random, signals }: RoomListOptions) {
  const store = createStore<RoomListSnapshot>({ status: 'idle', rooms: [], hasMore: false, error: null }, clock);
  let owner: string | undefined;
  let listeners = 0;
  let isConnected = true;
  let isHidden = false;
  let isFollowing = false;
  /** Grows with every start and stop, so that code which comes late is known as such. */
  let turn = 0;
  let follower: ReturnType<FollowRooms> | null = null;
  let needsFreshToken = false;
  let cancelRetry = () => {};
  let cancelLinger = () => {};
  let unlisten = () => {};

  async function follow(attempt: number): Promise<void> {
    const mine = ++turn;
    isFollowing = true;
    change('connecting');
    try {
      const start = await load();
      if (mine !== turn) return;
      follower = start(store, needsFreshToken);
      needsFreshToken = false;
    } catch {
      if (mine !== turn) return;
      change('waiting');
      cancelRetry = clock.after(backoffMs(attempt, { random }), () => void follow(attempt + 1));
    }
  }

  function stop(): void {
    turn++;
    cancelRetry();
    cancelLinger();
    isFollowing = false;
    follower?.close();
    follower = null;
    change('idle');
    update();
  }

  function change(status: RoomListSnapshot['status']): void {
    store.set({ ...store.get(), status, error: null });
  }

  function update(): void {
    const isWanted = listeners > 0 && isConnected && !isHidden;
    cancelLinger();
    if (isWanted === isFollowing) return;
    if (isWanted) void follow(0);
    else cancelLinger = clock.after(LINGER_MS, stop);
  }

  return {
    getSnapshot: store.get,
    subscribe(listener: () => void): () => void {
      const unsubscribe = store.subscribe(listener);
      if (listeners++ === 0) {
        isHidden = signals.isHidden?.() ?? false;
        unlisten = signals.listen((signal) => {
          if (signal === 'hidden' || signal === 'visible') isHidden = signal === 'hidden';
          update();
        });
      }
      update();
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        unsubscribe();
        if (--listeners === 0) unlisten();
        update();
      };
    },
    /** The user is known. Another one's rooms are no business of this one. */
    own(userId: string): void {
      if (owner && owner !== userId) {
        store.set({ ...store.get(), rooms: [], hasMore: false });
        stop();
      }
      owner = userId;
    },
    /** Goes on after `disconnect`; what was refused is tried anew. */
    connect(): void {
      isConnected = true;
      if (store.get().status === 'closed') {
        needsFreshToken = true;
        stop();
      }
      update();
    },
    disconnect(): void {
      isConnected = false;
      stop();
    },
  };
}

// Over 300 lines: all that listeners, routes and commands ask of the rooms that this instance serves.
import { AppError, LIMITS } from '@gongu/shared';
import type { ChatEvent } from '../room/event.ts';
import { isLobby } from '../room/lobby.ts';
import type { Bus, Signal } from '../room/ports/bus.ts';
import type { MemberStore } from '../room/ports/member-store.ts';
import type { RoomStore } from '../room/ports/room-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { noSuchRoom } from '../room/refusals.ts';
import type { Listener, Watching } from './listener.ts';
import type { Recovery } from './recovery.ts';
import { asChanged } from './rewritten.ts';
import type { RoomFeed } from './room-feed.ts';
import { mutedUntil, type RoomState } from './room-state.ts';
import { createServedRooms, type ServedRoomsOptions } from './served-rooms.ts';

export interface HubOptions extends ServedRoomsOptions {
  readonly rooms: Pick<RoomStore, 'load' | 'heads'>;
  readonly members: Pick<MemberStore, 'find' | 'isBanned'>;
  readonly bus: Pick<Bus, 'publish' | 'follow' | 'unfollow' | 'listen'>;
  /** Hears each fact that is told here, beside the rooms. */
  readonly onEmit?: (signal: Signal) => void;
  /** Hears who came or went in a room that is served here. */
  readonly onPresence?: (roomId: string, userId: string, online: boolean) => void;
  /** Hears that others look at a room, here or at another instance, than before. */
  readonly onWatchers?: (roomId: string) => void;
}

/** What a listener is given when it attaches: the state and the messages of one moment, after which it is live. */
export interface Attached extends Recovery, Standing {
  /** Null: it is a member's. */
  readonly watching: Watching | null;
}

export interface Attaching {
  /** The newest message that the listener has (`epoch`: of the room, then; none: any); null: it wants the newest page. */
  readonly after: number | null;
  /** A `seq` that is known to be stored. */
  readonly reached: number;
  /** It is no member's, unless he is one by then. */
  readonly watching?: Watching | null;
  readonly epoch?: string | null | undefined;
  /** Reads what belongs to the messages that it is given, before it is live; null: there is nothing to read. */
  readonly prepare?: (messages: readonly StoredMessage[], state: RoomState) => Promise<void> | null;
}

/** How a room is at the moment up to which a listener has been told all. */
export interface Standing {
  readonly state: RoomState;
  readonly lastSeq: number;
}

/** Reads of the store until a message that is known to be there must have come: one may be too early. */
const REACH_TRIES = 3;

/**
 * Where in and out meet. Facts come in from here and from the bus, by the same function; each room's feed puts messages in
 * order, and whoever listens to a room is attached and detached here.
 */
export function createHub(deps: HubOptions) {
  const { rooms, members, bus, onEmit = () => {}, onPresence = () => {}, onWatchers = () => {}, now } = deps;
  const served = createServedRooms(deps);

  function removed(roomId: string): void {
    const entry = served.get(roomId);
    if (!entry) return;
    entry.feed.end();
    served.forget(roomId, entry);
  }

  /** Takes a fact into the rooms here, whether it was told here or by another instance. */
  function apply(signal: Signal): void {
    const feed = served.get(signal.roomId)?.feed;
    if (!feed) return;
    switch (signal.kind) {
      case 'messages':
        return feed.accept(signal.messages);
      case 'read':
        feed.markRead(signal.userId, signal.seq, signal.chatNo);
        return feed.tell(
          { type: 'read', roomId: signal.roomId, userId: signal.userId, seq: signal.seq },
          signal.userId,
        );
      case 'typing':
        return feed.tell(
          { type: 'typing', roomId: signal.roomId, user: signal.user, typing: signal.typing },
          signal.user.userId,
        );
      case 'presence':
        return onPresence(signal.roomId, signal.userId, signal.online);
      case 'watchers':
        return onWatchers(signal.roomId);
      case 'whisper': {
        const { kind: type, ...whisper } = signal;
        return feed.tellOne({ type, ...whisper }, signal.receiver);
      }
      case 'removed':
        return removed(signal.roomId);
    }
  }
  bus.listen(apply);

  /** @throws AppError BANNED, UNAVAILABLE */
  async function refuseBanned({ roomId, state }: RoomFeed, userId: string): Promise<void> {
    // A member is not banned. In the lobby everybody counts as one.
    if (state.bans === 0 || (!isLobby(state.room) && state.members.has(userId))) return;
    if (await members.isBanned(roomId, userId)) throw new AppError('BANNED');
  }

  return {
    /** Tells a fact: to the rooms here, at once, and to the other instances. */
    emit(signal: Signal): void {
      apply(signal);
      onEmit(signal);
      bus.publish(signal);
    },

    /**
     * Makes `listener` live in a room: what it missed since `after`, or the newest page, and everything that follows,
     * without a gap or a double between them.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, ROOM_NOT_ACTIVE (`watching`), UNAVAILABLE (the store can't be read)
     */
    async attach(
      roomId: string,
      listener: Listener,
      { after: named, epoch = null, reached, watching = null, prepare }: Attaching,
    ): Promise<Attached> {
      const entry = await served.open(roomId);
      const { feed: roomFeed, recover } = entry;
      entry.idleSince = null;
      try {
        // A position in another one is none in this one.
        const after = epoch === null || epoch === roomFeed.state.room.epoch ? named : null;
        // The own join is committed, but a message before it may still be on its way here, and a read that is under way may
        // be older. So may be what the client has, from another instance: it must not come to it a second time.
        const known = Math.max(reached, after === null || after === Number.MAX_SAFE_INTEGER ? 0 : after);
        let readable = true;
        for (let i = 0; roomFeed.lastSeq < known && i < REACH_TRIES; i++) readable = await roomFeed.repair();
        // A room that is shorter than the client thinks was made anew, if the store says so; else nobody knows.
        if (roomFeed.lastSeq < (readable ? reached : known)) throw unreadable();
        for (let tries = 0; ; tries++) {
          const { bans } = roomFeed.state;
          await refuseBanned(roomFeed, listener.userId);
          const recovery = await recover(after);
          const preparing = prepare?.(recovery.messages, roomFeed.state);
          if (preparing) await preparing;
          // From here to the end nothing is awaited: the snapshot, and being live, are of one moment.
          if (served.get(roomId) !== entry) throw noSuchRoom();
          const looks = isMemberOf(roomFeed, listener.userId) ? null : (watching ?? notAMember());
          if (looks && roomFeed.state.room.status !== 'ACTIVE') throw new AppError('ROOM_NOT_ACTIVE');
          // Somebody was banned meanwhile; if it is this one, nobody would put him out again.
          if (roomFeed.state.bans !== bans) continue;
          roomFeed.flush();
          const lastSeq = roomFeed.lastSeq;
          const upTo = recovery.messages.at(-1)?.seq ?? roomFeed.within(after ?? 0);
          if (!roomFeed.ring.covers(upTo, lastSeq)) {
            // What came since has left the ring already: it would be missing in the middle.
            if (tries === REACH_TRIES) throw unreadable();
            continue;
          }
          const since = roomFeed.ring.after(upTo);
          roomFeed.add(listener, lastSeq, looks);
          const messages = since.length === 0 ? recovery.messages : asChanged([...recovery.messages, ...since]);
          return { ...recovery, messages, state: roomFeed.state, lastSeq, watching: looks };
        }
      } finally {
        if (roomFeed.listenerCount === 0) entry.idleSince = now();
      }
    },

    /** Ends a listener's share in a room. */
    detach(roomId: string, listener: Listener): void {
      const entry = served.get(roomId);
      if (!entry) return;
      entry.feed.delete(listener);
      if (entry.feed.listenerCount === 0) entry.idleSince = now();
    },

    /** A listener that was just attached has only the messages up to `seq`: `resume` sends it the others, before it is live. */
    rewind(roomId: string, listener: Listener, seq: number): void {
      served.get(roomId)?.feed.rewind(listener, seq);
    },

    /**
     * Sends a listener that is behind a portion of what it missed. Whether there is more to send.
     * @throws AppError NOT_FOUND, UNAVAILABLE (the store can't be read)
     */
    async resume(roomId: string, listener: Listener): Promise<boolean> {
      return (await served.get(roomId)?.feed.resume(listener)) ?? false;
    },

    /** The last message that a listener which is behind was sent; null for one that is not. */
    behindAt: (roomId: string, listener: Listener): number | null =>
      served.get(roomId)?.feed.behindAt(listener) ?? null,

    /** How the room is, where a listener is live in it and has been told all; null elsewhere. */
    standing(roomId: string, listener: Listener): Standing | null {
      const feed = served.get(roomId)?.feed;
      feed?.flush();
      if (!feed?.has(listener) || feed.behindAt(listener) !== null) return null;
      return { state: feed.state, lastSeq: feed.lastSeq };
    },

    /** Whether who is no member may look at the room. @throws AppError NOT_FOUND, BANNED, UNAVAILABLE */
    async isOpen(roomId: string, userId: string): Promise<boolean> {
      const { feed } = await served.open(roomId);
      await refuseBanned(feed, userId);
      return feed.state.room.status === 'ACTIVE';
    },

    /** What `isMember` says, where that is known without reading; null elsewhere. */
    knows(roomId: string, userId: string): boolean | null {
      const feed = served.get(roomId)?.feed;
      return feed?.isReady ? knownOf(feed, userId) : null;
    },

    /** Whether the user is muted in a room that this instance serves, as far as it knows. @param nowMs the time of day */
    isMuted(roomId: string, userId: string, nowMs: number): boolean {
      const feed = served.get(roomId)?.feed;
      return feed?.isReady === true && mutedUntil(feed.state, userId, nowMs) !== undefined;
    },

    /** Whether the user is a member, from memory where the room's members are all there. */
    async isMember(roomId: string, userId: string): Promise<boolean> {
      const { feed: roomFeed } = await served.open(roomId);
      for (;;) {
        const { state, lastSeq } = roomFeed;
        const known = knownOf(roomFeed, userId);
        if (known !== null) return known;
        const [found] = await members.find(roomId, [userId]);
        // The room moved on during the read, perhaps by this very member's removal: look again.
        if (roomFeed.lastSeq !== lastSeq) continue;
        if (found) state.members.set(userId, found);
        return found !== undefined;
      }
    },

    /** To the room's listeners on this instance only. */
    tellHere(roomId: string, event: ChatEvent, except?: string): void {
      served.get(roomId)?.feed.tell(event, except);
    },

    /** Rooms in which participants came or went since their last summary. */
    movedRooms: (): string[] => served.entries().flatMap(([roomId, { feed }]) => (feed.countsMoved ? [roomId] : [])),

    /** Tells a room's listeners on this instance how many participants there are, and how many are online. */
    summarise(roomId: string, online: number): void {
      served.get(roomId)?.feed.summarise(online);
    },

    /** Tells a room's listeners on this instance how many look at it, where that has changed. */
    tellWatchers(roomId: string, count: number): void {
      served.get(roomId)?.feed.tellWatchers(count);
    },

    /** Rooms at which somebody looks, as it was told last. */
    watchedRooms: (): string[] =>
      served.entries().flatMap(([roomId, { feed }]) => (feed.watcherCount > 0 ? [roomId] : [])),

    /**
     * Compares with the store what each room has; reads what is missing. Rooms that are gone end, also where another one has
     * been opened by the same id.
     */
    async reconcile(): Promise<void> {
      const all = served.entries();
      for (let i = 0; i < all.length; i += LIMITS.recoveryMax) {
        const part = all.slice(i, i + LIMITS.recoveryMax);
        const epochs = part.map(([, { feed }]) => (feed.isReady ? feed.state.room.epoch : null));
        const heads = await rooms.heads(part.map(([roomId]) => roomId));
        for (const [n, [roomId, entry]] of part.entries()) {
          // The room may have been opened, or opened again, during the read.
          if (served.get(roomId) !== entry) continue;
          const head = heads.get(roomId);
          if (head === undefined || (epochs[n] !== null && head.epoch !== epochs[n])) removed(roomId);
          else entry.feed.seen(head);
        }
      }
    },

    /** The newest messages of a room, as far as they are in memory here. */
    inMemory: (roomId: string): readonly StoredMessage[] => served.get(roomId)?.feed.ring.after(0) ?? [],

    /** One of them, as it is told last. */
    messageInMemory: (roomId: string, seq: number): StoredMessage | undefined => served.get(roomId)?.feed.ring.at(seq),

    /** Rooms in memory, with and without listeners. */
    roomIds: (): string[] => served.entries().map(([roomId]) => roomId),
    sweep: served.sweep,
    /** Writes to a room's sockets what waits for its time. */
    flushRoom(roomId: string): void {
      served.get(roomId)?.feed.flush();
    },

    /** Writes to sockets what waits for its time: they are about to be closed. */
    flush: served.flush,
    close: served.close,
  };
}

export type Hub = ReturnType<typeof createHub>;

function knownOf(feed: RoomFeed, userId: string): boolean | null {
  if (isMemberOf(feed, userId)) return true;
  return feed.state.complete ? false : null;
}

function isMemberOf({ state }: RoomFeed, userId: string): boolean {
  return isLobby(state.room) || state.members.has(userId);
}

function notAMember(): never {
  throw new AppError('NOT_A_MEMBER');
}

function unreadable(): AppError {
  return new AppError('UNAVAILABLE', { detail: 'The room can not be read now', retryAfterMs: 1_000 });
}

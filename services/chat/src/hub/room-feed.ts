// Over 300 lines: one room of this instance, its order and its listeners, in one place; the ring is in ring.ts.
import { isChange, parseMessageId } from '@gongu/shared';
import type { RoomCounts } from '../room/counts.ts';
import type { ChatEvent } from '../room/event.ts';
import { isLobby } from '../room/lobby.ts';
import { boundPage } from '../room/page-bytes.ts';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { RoomHead, RoomSnapshot } from '../room/ports/room-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { noSuchRoom } from '../room/refusals.ts';
import { roomView } from '../room/view.ts';
import { fanOut, type Pending } from './fan-out.ts';
import type { Listener, Watching } from './listener.ts';
import { isWhole, newerBy, rewritten } from './rewritten.ts';
import { heldBytes, Ring, type RingBudget } from './ring.ts';
import { createRoomListeners } from './room-listeners.ts';
import { apply, bannedBy, markRead, type RoomState, roomState, takeMembers } from './room-state.ts';

export interface RoomFeedOptions {
  readonly roomId: string;
  readonly messages: Pick<MessageStore, 'after'>;
  /** The same, for what one listener missed. Default: `messages`. */
  readonly missed?: Pick<MessageStore, 'after'>;
  /** Messages kept in memory for reconnects. Default 512: at 10 messages a second, most of a minute. */
  readonly ringSize?: number;
  /** Bytes of these at most. Default 1 MiB: 512 messages of 600 characters. */
  readonly ringBytes?: number;
  /** What all rooms of this instance may keep together. Default: any number of bytes. */
  readonly ringBudget?: RingBudget;
  /** Asks for one call of `flush`: at the end of this turn of the event loop when `urgent`, else perhaps later. */
  readonly scheduleFlush: (urgent?: boolean) => void;
  /** A message that is kept in memory has become another one: copies of it must go. */
  readonly onRewritten?: () => void;
  /** Somebody was erased: asks for one call of `takeMembers`, as he may still be among them under his id. */
  readonly onErased?: () => void;
  /** Asks for one call of `repair` in a few tens of milliseconds: what is missing is probably on its way. */
  readonly scheduleRepair: () => void;
  readonly observe: FeedObserver;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
}

/** Hears what a feed does. */
export interface FeedObserver {
  /** Events that were written to sockets, one for each socket, of one room; when the oldest message among them was stored. */
  delivered(roomId: string, events: number, sockets: number, oldest: string | null): void;
  /** The store was read because a message was missing. */
  repaired(roomId: string): void;
  /** A socket was too slow for a room. */
  resynced(roomId: string): void;
  failed(what: string, error: unknown): void;
}

/** Messages held beyond a gap; past this the store is read anyway. */
const HELD_MAX = 2_000;
/** Their bytes at most. */
const HELD_BYTES = 4_194_304;
/** Rows of one repairing read. */
const REPAIR_ROWS = 500;
/** What one who is behind is sent at a time, rows and bytes of text: a quarter of a send queue. */
const PORTION_ROWS = 100;
const PORTION_BYTES = 131_072;

/**
 * One room on this instance: puts messages into the order of `seq`, whichever way they came and however often, keeps the
 * newest, and writes them to the listeners. Until `ready`, it only holds.
 */
export function createRoomFeed(deps: RoomFeedOptions) {
  const {
    roomId,
    messages,
    missed = messages,
    ringSize = 512,
    ringBytes = 1_048_576,
    scheduleFlush,
    scheduleRepair,
    now,
  } = deps;
  const ringLimits = { capacity: ringSize, maxBytes: ringBytes, ...(deps.ringBudget && { budget: deps.ringBudget }) };
  const held = new Map<number, StoredMessage>();
  let heldSum = 0;
  const listeners = createRoomListeners(roomId);
  let pending: Pending[] = [];
  let gone: string[] = [];
  let banned: string[] = [];
  /** Who became a member while somebody looks. */
  let came: string[] = [];
  /** When the oldest pending message was stored. */
  let pendingAt: string | null = null;
  let state: RoomState | null = null;
  let ring = new Ring([], ringLimits);
  /** The `seq` expected next. */
  let next = 1;
  /** All up to this has been written to every live listener. */
  let flushedSeq = 0;
  let repairing: Promise<boolean> | null = null;
  let quietSince = now();
  let flushedAt = -Infinity;
  let counts: RoomCounts = { online: 0, watchers: 0 };
  /** Participants came or went since the last summary. */
  let countsMoved = false;

  /** What a row of change tells counts at once, wherever an older copy is: what was deleted is nowhere then. */
  function rewrite(row: StoredMessage, isNext: boolean): void {
    const newer = newerBy(row);
    // Reactions are to a message as it is before them: in their turn.
    if (!newer || !(isNext || isWhole(newer))) return;
    ring.rewrite(newer);
    pending = pending.map((entry) => {
      const { event } = entry;
      const message = event.type === 'message' ? rewritten(event.message, newer) : null;
      return message && event.type === 'message' && message !== event.message
        ? { ...entry, event: { ...event, message } }
        : entry;
    });
    for (const message of held.values()) {
      const copy = rewritten(message, newer);
      if (copy === message) continue;
      // In its place: what is removed and put in again comes once more in this loop, and some copies are new each time.
      held.set(copy.seq, copy);
      heldSum += heldBytes(copy) - heldBytes(message);
    }
    deps.onRewritten?.();
  }

  function advance(message: StoredMessage): void {
    rewrite(message, true);
    const left = apply(state!, message);
    ring.push(message);
    next = message.seq + 1;
    pending.push({ event: { type: 'message', message } });
    pendingAt ??= message.createdAt;
    if (left !== null) gone.push(left);
    const outcast = bannedBy(message);
    if (outcast !== null) banned.push(outcast);
    if (message.kind !== 'SYSTEM') return;
    const { data } = message;
    const pins = 'pinnedMessageIds' in data && data.pinnedMessageIds !== undefined;
    if (!isChange(message)) countsMoved = true;
    if (data.event === 'messages.erased') {
      // What was before it is another text now, wherever it names him.
      ring.forgetBefore(message.seq);
      deps.onRewritten?.();
      deps.onErased?.();
    }
    if (message.data.event === 'participant.joined' && listeners.hasWatchers)
      came.push(message.data.participant.userId);
    if (pins || message.data.event.startsWith('room.')) {
      pending.push({ event: { type: 'status', roomId, room: roomView(state!.room, counts) } });
    }
  }

  function hold(message: StoredMessage): void {
    if (held.size >= HELD_MAX || heldSum >= HELD_BYTES || held.has(message.seq)) return;
    held.set(message.seq, message);
    heldSum += heldBytes(message);
    rewrite(message, false);
  }

  function letGo(message: StoredMessage): void {
    held.delete(message.seq);
    heldSum -= heldBytes(message);
  }

  function drainHeld(): void {
    for (let message = held.get(next); message; message = held.get(next)) {
      letGo(message);
      advance(message);
    }
    // What is held below the expected number came a second time.
    if (held.size > 0) for (const message of held.values()) if (message.seq < next) letGo(message);
  }

  function accept(arrived: readonly StoredMessage[]): void {
    for (const message of arrived) {
      if (state && message.seq === next) advance(message);
      else if (message.seq >= next) hold(message);
    }
    if (!state) return;
    if (held.size > 0) drainHeld();
    if (held.size > 0) scheduleRepair();
    // Who was removed, or may look no longer, gets that row and none of a later commit.
    if (pending.length > 0)
      scheduleFlush(gone.length + banned.length > 0 || (listeners.hasWatchers && state.room.status !== 'ACTIVE'));
  }

  async function readGap(): Promise<void> {
    for (;;) {
      const rows = await messages.after(roomId, next - 1, REPAIR_ROWS);
      if (rows.length > 0) deps.observe.repaired(roomId);
      accept(rows);
      if (rows.length < REPAIR_ROWS) return;
    }
  }

  /** Reads from the store what is missing; one read at a time. Never rejects: false when the store could not be read. */
  function repair(): Promise<boolean> {
    repairing ??= readGap()
      .then(
        () => true,
        (error) => {
          deps.observe.failed('read of missing messages', error);
          return false;
        },
      )
      .finally(() => {
        repairing = null;
      });
    return repairing;
  }

  function flush(): void {
    if (pending.length === 0) return;
    const batch = pending;
    const storedAt = pendingAt;
    pending = [];
    pendingAt = null;
    const before = flushedSeq;
    flushedSeq = next - 1;
    flushedAt = now();
    quietSince = flushedAt;
    const late: Listener[] = [];
    const onFull = (listener: Listener) => late.push(listener);
    let sockets = fanOut(roomId, batch, listeners.live('others'), onFull);
    if (listeners.hasAnonymous) {
      sockets += fanOut(roomId, batch.filter(isOfNobody), listeners.live('anonymous'), onFull);
    }
    deps.observe.delivered(roomId, batch.length, sockets, storedAt);
    for (const listener of late) {
      if (!listeners.told(listener)) continue;
      listeners.retell(listener, { live: false, sentSeq: before });
      listener.onBehind(roomId, before);
      deps.observe.resynced(roomId);
    }
    if (came.length > 0) letIn();
    if (banned.length > 0) castOut();
    if (gone.length > 0) dropGone();
    if (listeners.hasWatchers && state && state.room.status !== 'ACTIVE') listeners.unwatchAll('ROOM_NOT_ACTIVE');
  }

  function letIn(): void {
    const users = new Set(came);
    came = [];
    listeners.letIn((userId) => users.has(userId) && state!.members.has(userId));
  }

  function castOut(): void {
    const users = new Set(banned);
    banned = [];
    // In the lobby everybody is as a member.
    const isIn = (userId: string) => !isLobby(state!.room) && state!.members.has(userId);
    listeners.castOut((userId) => users.has(userId) && !isIn(userId));
  }

  function dropGone(): void {
    const users = new Set(gone);
    gone = [];
    // An instance of the first version keeps members of the lobby, and says when they leave.
    if (state && isLobby(state.room)) return;
    listeners.drop((userId) => users.has(userId) && !state?.members.has(userId));
  }

  return {
    roomId,
    /** Whether it has begun to deliver. */
    get isReady(): boolean {
      return state !== null;
    },
    get state(): RoomState {
      return state!;
    },
    get ring(): Ring {
      return ring;
    },
    /** The newest `seq` that passed through here. */
    get lastSeq(): number {
      return next - 1;
    },
    /** A position, or the nearest one: not beyond the newest, and what is before the first that is kept is nowhere. */
    within: (seq: number): number => Math.max(Math.min(seq, next - 1), state!.room.firstSeq - 1),
    /** `now()` of the last time that listeners were written to. */
    get flushedAt(): number {
      return flushedAt;
    },
    get listenerCount(): number {
      return listeners.count;
    },

    /** Starts delivering from a snapshot; what was held meanwhile follows it. */
    ready(snapshot: RoomSnapshot): void {
      state = roomState(snapshot);
      ring.release();
      ring = new Ring(snapshot.messages, ringLimits);
      next = snapshot.room.lastSeq + 1;
      flushedSeq = snapshot.room.lastSeq;
      accept([]);
    },

    accept,
    repair,
    flush,

    takeMembers(snapshot: RoomSnapshot): void {
      if (state) takeMembers(state, snapshot);
    },

    /** Where the room begins and ends in the store, as a poll saw it: forgets what was removed, and reads what is missing. */
    seen({ firstSeq, lastSeq, goneChatNo }: RoomHead): void {
      if (!state) return;
      if (firstSeq > state.room.firstSeq) {
        const pinnedMessageIds = state.room.pinnedMessageIds.filter((id) => parseMessageId(id)!.seq >= firstSeq);
        state.room = { ...state.room, firstSeq, goneChatNo, pinnedMessageIds };
        ring.forgetBefore(firstSeq);
        deps.onRewritten?.();
      }
      if (lastSeq >= next) void repair();
    },

    /** Something that does not last: typing, presence, a read mark. `except`: not to this user's sockets. */
    tell(event: ChatEvent, except?: string): void {
      if (listeners.count === 0 || !state) return;
      pending.push(except === undefined ? { event } : { event, except });
      scheduleFlush();
    },

    /** Something that does not last, to one user's sockets. */
    tellOne(event: ChatEvent, userId: string): void {
      if (listeners.count === 0 || !state) return;
      pending.push({ event, only: userId });
      scheduleFlush();
    },

    /** Whether participants came or went since the last `summarise`. */
    get countsMoved(): boolean {
      return countsMoved;
    },

    /** Tells how many participants there are and how many of them are online, to those who subscribe to that singly. */
    summarise(online: number): void {
      counts = { ...counts, online };
      countsMoved = false;
      if (!state) return;
      const { participantCount } = state.room;
      this.tell({ type: 'participants', roomId, participantCount, onlineCount: online });
    },

    /** How many look, as it was told last. */
    get watcherCount(): number {
      return counts.watchers;
    },

    /** Tells how many look, where that has changed. */
    tellWatchers(watcherCount: number): void {
      if (watcherCount === counts.watchers) return;
      counts = { ...counts, watchers: watcherCount };
      this.tell({ type: 'watchers', roomId, watcherCount });
    },

    markRead(userId: string, seq: number, chatNo: number): void {
      if (state) markRead(state, userId, seq, chatNo);
    },

    /**
     * Adds a listener that has everything up to `sentSeq`. Live at once when that is all there is, else `resume` it.
     * Call `flush` before looking at `lastSeq`: what is pending belongs to those who were there.
     */
    add(listener: Listener, sentSeq: number, watching: Watching | null = null): void {
      listeners.add(listener, { live: sentSeq >= next - 1, sentSeq }, watching);
    },

    /** One that is there has everything up to `sentSeq`, and not more. */
    rewind(listener: Listener, sentSeq: number): void {
      listeners.retell(listener, { live: sentSeq >= next - 1, sentSeq });
    },

    delete: listeners.remove,

    has: (listener: Listener): boolean => listeners.told(listener) !== undefined,

    /** The last message that a listener which is not live was sent; null for any other. */
    behindAt(listener: Listener): number | null {
      const entry = listeners.told(listener);
      return entry && !entry.live ? entry.sentSeq : null;
    },

    /**
     * Sends a listener that is behind a portion of what it missed, from the ring or the store; makes it live once it has
     * all. Whether there is more to do: not when it is full again. Only one call for a listener at a time, and not before
     * its queue has room: one that is live is told what comes, and would be behind at once.
     * @throws AppError NOT_FOUND (the room was removed), UNAVAILABLE
     */
    async resume(listener: Listener): Promise<boolean> {
      flush();
      const entry = listeners.told(listener);
      if (!entry || entry.live) return false;
      entry.live = entry.sentSeq >= next - 1;
      if (entry.live) return false;
      const covered = ring.covers(entry.sentSeq, next - 1);
      const found = covered
        ? ring.after(entry.sentSeq).slice(0, PORTION_ROWS)
        : await missed.after(roomId, entry.sentSeq, PORTION_ROWS);
      if (listeners.told(listener) !== entry) return false;
      // Messages are never missing in the middle.
      if (found.length === 0) throw noSuchRoom();
      // The store may have more than was heard of here: what this listener gets now must not come to it again later.
      if (!covered) accept(found);
      const rows = boundPage(found, 'oldest', { maxBytes: PORTION_BYTES });
      const bytes = listener.encode(rows.map((message) => ({ type: 'message', message })));
      if (bytes && !listener.write(bytes)) {
        listener.onBehind(roomId, entry.sentSeq);
        return false;
      }
      entry.sentSeq = rows.at(-1)!.seq;
      return true;
    },

    /** Ends all listeners: the room was removed. */
    end(): void {
      flush();
      listeners.end();
    },

    /** The room leaves the memory. */
    release: (): void => ring.release(),

    /** Tells where the room is, if nothing happened in it for `quietMs`. */
    tellHead(quietMs: number): void {
      if (state && listeners.count > 0 && now() - quietSince >= quietMs) {
        pending.push({ event: { type: 'head', roomId, seq: next - 1 } });
        scheduleFlush();
      }
    },
  };
}

export type RoomFeed = ReturnType<typeof createRoomFeed>;

/** Whether an event speaks of no single person. */
function isOfNobody({ event: { type } }: Pending): boolean {
  return type !== 'presence' && type !== 'read' && type !== 'typing';
}

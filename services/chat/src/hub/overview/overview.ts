import { isChange, LIMITS, mentionsUser, type RoomEntry } from '@gongu/shared';
import { type Bus, type Signal, userChannel, userOfChannel } from '../../room/ports/bus.ts';
import type { OverviewRow, RoomHeadRow, RoomStore } from '../../room/ports/room-store.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';
import type { Listener } from '../listener.ts';
import { createViewer, type Viewer } from './viewer.ts';
import { move, take, type WatchedRoom } from './watched-room.ts';

export interface OverviewOptions {
  readonly rooms: Pick<RoomStore, 'headRows' | 'overviews'>;
  /** A branch of its own: it follows rooms that this instance does not serve. */
  readonly bus: Pick<Bus, 'follow' | 'unfollow' | 'listen' | 'headIntervalMs'>;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** Most users or rooms of one read. */
const READ_AT_ONCE = 100;
/** Memberships are read again after at most so many times the bus's interval, and at the latest after so long. */
const MEMBERS_EVERY = 5;
const MEMBERS_MS = 15_000;

/**
 * What a user sees of all his rooms: how far each is, how much of it is unread, its status; rooms that he joins or leaves
 * while he looks. A room costs some bytes and its signals, and is not served for it. What the bus loses is found by the
 * heads that the store has. Tells at most once a tick and room.
 */
export function createOverview({ rooms, bus, now, onFailure }: OverviewOptions) {
  const watched = new Map<string, WatchedRoom>();
  const viewers = new Map<string, Viewer>();
  let membersReadAt = now();

  function entryOf(viewer: Viewer, roomId: string): RoomEntry {
    const { title, status, reason, lastSeq: seq } = watched.get(roomId)!.row;
    return {
      roomId,
      title,
      status,
      reason,
      seq,
      unread: unreadOf(viewer, roomId),
      unreadMentions: viewer.marks.get(roomId)!.mentions.size,
      lastReadSeq: viewer.marks.get(roomId)!.seq,
    };
  }

  function unreadOf(viewer: Viewer, roomId: string): number {
    return Math.max(0, watched.get(roomId)!.row.lastChatNo - viewer.marks.get(roomId)!.chatNo);
  }

  function tellAll(viewer: Viewer, listener: Listener): void {
    viewer.tellAll(
      listener,
      [...viewer.marks.keys()].map((roomId) => entryOf(viewer, roomId)),
    );
  }

  // Rooms and marks in memory.
  function add(viewer: Viewer, row: OverviewRow): void {
    const { userId: _, lastReadSeq: seq, lastReadChatNo: chatNo, mentions, ...head } = row;
    const room = watched.get(row.roomId) ?? { row: head, users: new Set(), doubtful: false };
    watched.set(row.roomId, room);
    room.users.add(viewer.userId);
    viewer.see(row.roomId, seq, chatNo, mentions);
    // Others look at it: what they heard after the read is not in it.
    if (room.row.lastSeq > row.lastSeq) viewer.stale = true;
  }

  function drop(viewer: Viewer, roomId: string): void {
    viewer.forget(roomId);
    const room = watched.get(roomId);
    room?.users.delete(viewer.userId);
    if (!room || room.users.size > 0) return;
    watched.delete(roomId);
    bus.unfollow(roomId);
  }

  function noteMoved(roomId: string, room: WatchedRoom): void {
    for (const userId of room.users) viewers.get(userId)?.moved.add(roomId);
  }

  function noteChanged(roomId: string, room: WatchedRoom): void {
    const { title, status, reason } = room.row;
    for (const userId of room.users) viewers.get(userId)?.tell({ type: 'room.changed', roomId, title, status, reason });
  }

  function left(userId: string, roomId: string, why: 'left' | 'removed' | 'gone'): void {
    const viewer = viewers.get(userId);
    if (!viewer?.marks.has(roomId)) return;
    drop(viewer, roomId);
    viewer.tell({ type: 'room.left', roomId, why });
  }

  // What comes in, from here and from the bus.
  function accept(roomId: string, messages: readonly StoredMessage[]): void {
    const room = watched.get(roomId);
    if (!room) return;
    for (const message of messages) {
      const { changed, left: gone } = move(room, message);
      noteMentions(roomId, room, message);
      if (message.kind !== 'SYSTEM' && message.sender) {
        viewers.get(message.sender.userId)?.mark(roomId, message.seq, message.chatNo);
      }
      if (changed) noteChanged(roomId, room);
      if (gone) left(gone.userId, roomId, gone.why);
    }
    noteMoved(roomId, room);
  }

  /** Messages that mention nobody, as most do, are not looked at; of an edit, nobody knows whom it mentioned before. */
  function noteMentions(roomId: string, room: WatchedRoom, message: StoredMessage): void {
    const told = isChange(message) ? message.data.message : message.kind === 'SYSTEM' ? undefined : message;
    if (!told || !(isChange(message) || told.mentions || told.mentionsAll)) return;
    for (const userId of room.users) viewers.get(userId)?.mention(roomId, told.seq, mentionsUser(told, userId));
  }

  function outdate(userId: string): void {
    const viewer = viewers.get(userId);
    if (viewer) viewer.stale = true;
  }

  function removed(roomId: string): void {
    for (const userId of [...(watched.get(roomId)?.users ?? [])]) left(userId, roomId, 'gone');
  }

  /** Takes a fact, whether it was told here or by another instance. */
  function apply(signal: Signal): void {
    if (signal.kind === 'messages') accept(signal.roomId, signal.messages);
    else if (signal.kind === 'read') viewers.get(signal.userId)?.mark(signal.roomId, signal.seq, signal.chatNo);
    else if (signal.kind === 'removed') removed(signal.roomId);
    else if (signal.kind === 'member') outdate(userOfChannel(signal.roomId));
  }
  bus.listen(apply);

  // What the store has.
  async function readMembers(some: readonly Viewer[]): Promise<void> {
    for (let i = 0; i < some.length; i += READ_AT_ONCE) {
      const part = some.slice(i, i + READ_AT_ONCE);
      // A membership that comes during the read is told by the next one.
      for (const viewer of part) viewer.stale = false;
      try {
        const rows = await rooms.overviews(
          part.map(({ userId }) => userId),
          LIMITS.streamRooms + 1,
        );
        for (const viewer of part) {
          if (viewers.get(viewer.userId) === viewer)
            await compare(
              viewer,
              rows.filter(({ userId }) => userId === viewer.userId),
            );
        }
      } catch (error) {
        for (const viewer of part) viewer.stale = true;
        throw error;
      }
    }
  }

  /** Brings a viewer's rooms to what the store has of them. */
  async function compare(viewer: Viewer, rows: readonly OverviewRow[]): Promise<void> {
    const had = viewer.hasMore;
    viewer.hasMore = rows.length > LIMITS.streamRooms;
    const shown = new Map(rows.slice(0, LIMITS.streamRooms).map((row) => [row.roomId, row]));
    const gone = [...viewer.marks.keys()].filter((roomId) => !shown.has(roomId));
    const come = [...shown.values()].filter(({ roomId }) => !viewer.marks.has(roomId));
    for (const row of shown.values()) {
      viewer.mark(row.roomId, row.lastReadSeq, row.lastReadChatNo);
      // The read may have begun before what is known already was stored.
      const known = watched.get(row.roomId);
      if (known && known.row.lastSeq <= row.lastSeq) viewer.reread(row.roomId, row.mentions);
    }
    for (const row of come) add(viewer, row);
    await Promise.all(come.map(({ roomId }) => bus.follow(roomId)));
    // What was said between the read and being followed; and whether it was the room that went, not the user.
    const asked = [...come.map(({ roomId }) => roomId), ...gone];
    if (asked.length > 0) await readHeads(asked);
    // He went, and perhaps came back, during the read.
    if (viewers.get(viewer.userId) !== viewer) return;
    if (had || viewer.hasMore) {
      // Which ones are shown changes with every membership: one that is not is no loss of one.
      for (const roomId of gone) drop(viewer, roomId);
      if (gone.length + come.length > 0) for (const listener of viewer.listeners.keys()) tellAll(viewer, listener);
      return;
    }
    for (const roomId of gone) left(viewer.userId, roomId, 'left');
    for (const { roomId } of come) {
      if (viewer.marks.has(roomId)) viewer.tell({ type: 'room.joined', ...entryOf(viewer, roomId) });
    }
  }

  async function readHeads(roomIds: readonly string[]): Promise<void> {
    for (let i = 0; i < roomIds.length; i += LIMITS.streamRooms) {
      const part = roomIds.slice(i, i + LIMITS.streamRooms);
      const rows = new Map<string, RoomHeadRow>((await rooms.headRows(part)).map((row) => [row.roomId, row]));
      for (const roomId of part) {
        const room = watched.get(roomId);
        const row = rows.get(roomId);
        if (!room) continue;
        if (row?.epoch !== room.row.epoch) {
          // Where another one was opened by this id, the memberships say who is in that.
          if (row) for (const userId of room.users) outdate(userId);
          removed(roomId);
          continue;
        }
        const before = room.row.lastSeq;
        if (take(room, row)) noteChanged(roomId, room);
        if (row.lastSeq <= before) continue;
        noteMoved(roomId, room);
        // What was missed may have ended a membership. In a large room that is found by the next regular reading.
        if (room.users.size <= READ_AT_ONCE) for (const userId of room.users) outdate(userId);
      }
    }
  }

  return {
    /** Hears each fact that is told here. */
    apply,

    /** Tells a listener its user's rooms, and from then on what becomes of them. @throws AppError UNAVAILABLE */
    async watch(listener: Listener): Promise<void> {
      const { userId } = listener;
      const present = viewers.get(userId);
      const viewer = present ?? createViewer(userId);
      const entry = { sent: false };
      viewer.listeners.set(listener, entry);
      if (!present) {
        viewers.set(userId, viewer);
        await bus.follow(userChannel(userId));
      }
      await readMembers([viewer]);
      if (viewer.listeners.get(listener) === entry && !entry.sent) tellAll(viewer, listener);
    },

    unwatch(listener: Listener): void {
      const viewer = viewers.get(listener.userId);
      if (!viewer?.listeners.delete(listener) || viewer.listeners.size > 0) return;
      viewers.delete(viewer.userId);
      bus.unfollow(userChannel(viewer.userId));
      for (const roomId of [...viewer.marks.keys()]) drop(viewer, roomId);
    },

    /** Tells a listener that fell behind all of its user's rooms anew. */
    retell(listener: Listener): void {
      const viewer = viewers.get(listener.userId);
      if (viewer?.listeners.get(listener)?.sent === false) tellAll(viewer, listener);
    },

    /** Tells what moved since the last tick; reads the memberships of those who were told that there is a new one. */
    async tick(): Promise<void> {
      for (const viewer of viewers.values()) {
        const moved = [...viewer.moved];
        viewer.moved.clear();
        for (const roomId of moved) {
          const { lastSeq: seq } = watched.get(roomId)!.row;
          const unreadMentions = viewer.marks.get(roomId)!.mentions.size;
          viewer.tell({ type: 'unread', roomId, seq, unread: unreadOf(viewer, roomId), unreadMentions });
        }
      }
      const doubtful = [...watched].flatMap(([roomId, room]) => (room.doubtful ? [roomId] : []));
      if (doubtful.length > 0) await readHeads(doubtful);
      const stale = [...viewers.values()].filter((viewer) => viewer.stale);
      if (stale.length > 0) await readMembers(stale);
    },

    /** Compares with the store: the heads each time, the memberships now and then. */
    async reconcile(): Promise<void> {
      if (watched.size > 0) await readHeads([...watched.keys()]);
      if (now() - membersReadAt < Math.min(MEMBERS_MS, MEMBERS_EVERY * bus.headIntervalMs())) return;
      membersReadAt = now();
      await readMembers([...viewers.values()]).catch((error) => onFailure('read of memberships', error));
    },

    /** Rooms that somebody sees. */
    get size(): number {
      return watched.size;
    },
  };
}

export type Overview = ReturnType<typeof createOverview>;

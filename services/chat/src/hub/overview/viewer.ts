import type { RoomEntry } from '@gongu/shared';
import type { Summary } from '../../room/event.ts';
import type { Listener } from '../listener.ts';

/** In place of a room's id, where a listener falls behind. */
export const ALL_ROOMS = '';

/** How far he has read in a room, and the messages after that which mention him. */
interface Mark {
  readonly seq: number;
  readonly chatNo: number;
  readonly mentions: ReadonlySet<number>;
}

/** A user who looks at his rooms: his marks in them, and his listeners here. */
export function createViewer(userId: string) {
  /** Whether each has been sent his rooms; those who have not are about to be. */
  const listeners = new Map<Listener, { sent: boolean }>();
  const marks = new Map<string, Mark>();

  function write(listener: Listener, entry: { sent: boolean }, event: Summary): void {
    const bytes = listener.encode([event]);
    if (bytes === null || listener.write(bytes)) return;
    // It is told all anew when it reads again.
    entry.sent = false;
    listener.onBehind(ALL_ROOMS, 0);
  }

  return {
    userId,
    listeners,
    /** By room: those that he sees, in the order in which they are told. */
    marks: marks as ReadonlyMap<string, Mark>,
    /** Rooms to tell of at the next tick. */
    moved: new Set<string>(),
    /** He has more rooms than are shown. */
    hasMore: false,
    /** His memberships must be read again. */
    stale: true,

    see(roomId: string, seq: number, chatNo: number, mentions: readonly number[]): void {
      marks.set(roomId, { seq, chatNo, mentions: new Set(mentions) });
    },
    /** A message mentions him, or does no longer. */
    mention(roomId: string, seq: number, on: boolean): void {
      const present = marks.get(roomId);
      if (!present || present.seq >= seq || present.mentions.has(seq) === on) return;
      const others = [...present.mentions].filter((each) => each !== seq);
      marks.set(roomId, { ...present, mentions: new Set(on ? [...others, seq] : others) });
      this.moved.add(roomId);
    },
    /** The store says which messages mention him. */
    reread(roomId: string, mentions: readonly number[]): void {
      const present = marks.get(roomId);
      if (!present) return;
      const now = new Set(mentions.filter((seq) => seq > present.seq));
      if (now.size !== present.mentions.size) this.moved.add(roomId);
      marks.set(roomId, { ...present, mentions: now });
    },
    forget(roomId: string): void {
      marks.delete(roomId);
      this.moved.delete(roomId);
    },
    /** Moves his mark; only forward. Its number alone moves where what he has not read was removed for its age. */
    mark(roomId: string, seq: number, chatNo: number): void {
      const present = marks.get(roomId);
      if (!present || (present.seq >= seq && present.chatNo >= chatNo)) return;
      const mentions = new Set([...present.mentions].filter((each) => each > seq));
      marks.set(roomId, { seq: Math.max(present.seq, seq), chatNo: Math.max(present.chatNo, chatNo), mentions });
      this.moved.add(roomId);
    },

    tell(event: Summary): void {
      for (const [listener, entry] of listeners) if (entry.sent) write(listener, entry, event);
    },
    /** Tells one listener all of his rooms. */
    tellAll(listener: Listener, rooms: RoomEntry[]): void {
      const entry = listeners.get(listener);
      if (!entry) return;
      entry.sent = true;
      write(listener, entry, { type: 'rooms', rooms, hasMore: this.hasMore });
    },
  };
}

export type Viewer = ReturnType<typeof createViewer>;

import type { SealedDraft } from './sealing/seal-drafts.ts';

/** Parameters of `append_fresh`, in its order. Rooms and pairs are numbered from 1, as PostgreSQL counts. */
export interface AppendColumns {
  /** Each room once. */
  readonly rooms: string[];
  /** Of each room, the number of the key that its drafts are sealed with; null: they are clear. */
  readonly keyNos: (number | null)[];
  readonly counts: number[];
  readonly pairRooms: number[];
  readonly pairSenders: (string | null)[];
  readonly pairNotices: boolean[];
  readonly pairReplies: (number | null)[];
  readonly pairLasts: number[];
  /** Of each draft. */
  readonly roomNos: number[];
  readonly places: number[];
}

interface Pair {
  readonly no: number;
  readonly clientMessageIds: Set<string>;
}

/**
 * A batch by its rooms, and by its pairs of a room and a sender; each draft with its place in its room. Null where two of
 * them are the same message: only the database says which of them counts.
 */
export function appendColumns(drafts: readonly SealedDraft[]): AppendColumns | null {
  const columns: AppendColumns = {
    ...{ rooms: [], keyNos: [], counts: [], roomNos: [], places: [] },
    ...{ pairRooms: [], pairSenders: [], pairNotices: [], pairReplies: [], pairLasts: [] },
  };
  const rooms = new Map<string, { readonly no: number; readonly pairs: Map<string | null, Pair> }>();
  for (const { roomId, sender, clientMessageId, kind, replyTo, sealed } of drafts) {
    let room = rooms.get(roomId);
    if (!room) {
      room = { no: columns.rooms.push(roomId), pairs: new Map() };
      columns.counts.push(0);
      columns.keyNos.push(sealed.keyNo);
      rooms.set(roomId, room);
    }
    const place = columns.counts[room.no - 1]! + 1;
    columns.counts[room.no - 1] = place;
    columns.roomNos.push(room.no);
    columns.places.push(place);
    const userId = sender?.userId ?? null;
    let pair = room.pairs.get(userId);
    if (!pair) {
      pair = { no: columns.pairRooms.push(room.no), clientMessageIds: new Set() };
      columns.pairSenders.push(userId);
      columns.pairNotices.push(false);
      columns.pairReplies.push(null);
      columns.pairLasts.push(0);
      room.pairs.set(userId, pair);
    }
    if (pair.clientMessageIds.has(clientMessageId)) return null;
    pair.clientMessageIds.add(clientMessageId);
    const at = pair.no - 1;
    columns.pairLasts[at] = place;
    if (kind === 'NOTIFICATION') columns.pairNotices[at] = true;
    if (replyTo !== null) columns.pairReplies[at] = Math.max(replyTo, columns.pairReplies[at] ?? replyTo);
  }
  return columns;
}

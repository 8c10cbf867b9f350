import type { Divergence, Product, Room, RoomStatus } from '@gongu/shared';

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
    ['committedCount', product.committedCount, room.committedCount],
    // Of an ended product nothing hangs on these, and chat would not change them any more.
    ['maxParticipants', ended || product.maxParticipants, ended || room.maxParticipants],
    ['minParticipants', ended || product.minParticipants, ended || room.minParticipants],
    ['expiresAt', ended || Date.parse(product.deadline), ended || Date.parse(room.expiresAt ?? '')],
  ];
  return pairs.filter(([, ours, theirs]) => ours !== theirs).map(([field]) => field);
}

/**
 * All in which a room differs from its product; null when nothing does. `shown`: those whom chat lists as buyers, who are
 * not all of them, because one who left the conversation stays a buyer.
 */
export function divergenceOf(
  product: Product,
  buyers: readonly string[],
  room: Room | null,
  shown: readonly string[],
): Divergence | null {
  const { id: productId } = product;
  if (room === null) return { productId, fields: ['room'], missingBuyers: [...buyers], extraBuyers: [] };
  const fields = differences(product, room);
  const ours = new Set(buyers);
  const theirs = new Set(shown);
  const extraBuyers = shown.filter((userId) => !ours.has(userId));
  const unseen = buyers.filter((userId) => !theirs.has(userId));
  // Buyers whom chat counts and does not show.
  const away = room.committedCount - shown.length;
  const missingBuyers = unseen.length > away ? unseen : [];
  if (extraBuyers.length > 0 || missingBuyers.length > 0) fields.push('buyers');
  return fields.length === 0 ? null : { productId, fields, missingBuyers, extraBuyers };
}

/**
 * Whether telling chat again can help. A room that trade has ended takes no buyers any more, and a CANCELLED one gives
 * none up either: chat would refuse the entry, and it would block its room for nothing.
 */
export function canHeal(room: Room | null, { fields, extraBuyers }: Divergence): boolean {
  if (room === null || room.status === 'ACTIVE' || room.reason === 'EXPIRED' || fields.includes('status')) return true;
  return room.status === 'CLOSED' && extraBuyers.length > 0;
}

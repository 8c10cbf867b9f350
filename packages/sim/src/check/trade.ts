import type { Evidence, FinalProduct, FinalRoom, Purchase } from './evidence.ts';
import { differenceOf } from './final-room.ts';
import { replayRoom } from './room-log.ts';
import { systemEventOf } from './system-event.ts';
import type { Violation, ViolationKind } from './violation.ts';

const ROOM_STATUS: Readonly<Record<string, string>> = {
  RECRUITING: 'ACTIVE',
  CLOSED: 'CLOSED',
  CANCELLED: 'CANCELLED',
};

/** Purchases, the cap of trade, and that chat says the same. */
export function checkTrade({ products, rooms, purchases, outbox }: Evidence): Violation[] {
  const byId = new Map(rooms.map((room) => [room.roomId, room]));
  const violations = products.flatMap((product) => [
    ...checkProduct(product, purchases),
    ...checkPair(product, byId.get(product.id)),
  ]);
  if (outbox.depth > 0 || outbox.parked > 0) {
    const text = `trade's outbox still holds ${outbox.depth} entries, ${outbox.parked} of them parked`;
    violations.push({ kind: 'diverged', roomId: null, client: null, seqs: [], text });
  }
  return violations;
}

function checkProduct(product: FinalProduct, purchases: readonly Purchase[]): Violation[] {
  const { id, buyers, maxParticipants, minParticipants, participantCount, status, reason } = product;
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, text: string) =>
    violations.push({ kind, roomId: id, client: null, seqs: [], text: `product ${id}: ${text}` });
  if (new Set(buyers).size !== buyers.length) report('doubled', 'a buyer is listed twice');
  if (participantCount !== buyers.length)
    report('diverged', `${buyers.length} buyers are counted as ${participantCount}`);
  if (buyers.length > maxParticipants) {
    report('cap-exceeded', `${buyers.length} buyers where ${maxParticipants} may be`);
  }
  if (buyers.length === maxParticipants && status === 'RECRUITING') report('diverged', 'is full and still recruits');
  if (reason === 'FULL' && buyers.length !== maxParticipants) {
    report('diverged', `closed as FULL with ${buyers.length} of ${maxParticipants}`);
  }
  if (reason === 'DEADLINE' && buyers.length < minParticipants) report('diverged', 'closed below its minimum');
  if (reason === 'UNDERFILLED' && buyers.length >= minParticipants) report('diverged', 'cancelled at its minimum');

  const listed = new Set(buyers);
  for (const { productId, userId, outcome, withdrawn } of purchases) {
    if (productId !== id) continue;
    const is = listed.has(userId);
    if (outcome === 'unknown' || withdrawn === 'unknown') report('unanswered', `${userId} was never answered`);
    else if (outcome !== 'bought' && is) report('refused-stored', `${userId} was refused and is a buyer`);
    else if (outcome === 'bought' && withdrawn === 'withdrawn' && is)
      report('lost', `${userId} withdrew and is a buyer`);
    else if (outcome === 'bought' && withdrawn !== 'withdrawn' && !is) {
      report('lost', `${userId} was told that he bought, and is no buyer`);
    }
  }
  return violations;
}

/** A cap comes down with those who go for it; a room that ends meanwhile keeps the one to which it has come. */
function isStillLowered(
  { maxParticipants }: FinalProduct,
  { status, messages, maxParticipants: cap }: FinalRoom,
): boolean {
  if (status === 'ACTIVE' || cap <= maxParticipants) return false;
  const events = messages.map(systemEventOf).filter((event) => event !== null);
  const last = events.findLastIndex(({ event }) => event === 'room.updated');
  const before = events[last - 1];
  return before?.event === 'participant.removed' && before.reason === 'CAP_LOWERED';
}

function checkPair(product: FinalProduct, room: FinalRoom | undefined): Violation[] {
  const { id } = product;
  const report = (text: string): Violation => ({
    kind: 'diverged',
    roomId: id,
    client: null,
    seqs: [],
    text: `product ${id}: ${text}`,
  });
  if (!room) return [report('chat has no room for it')];
  const pairs: [string, unknown, unknown][] = [
    ['status', ROOM_STATUS[product.status], room.status],
    ['title', product.title, room.title],
    ['cap', product.maxParticipants, isStillLowered(product, room) ? product.maxParticipants : room.maxParticipants],
    ['minimum', product.minParticipants, room.minParticipants],
    ['deadline', product.deadline, room.expiresAt],
    ['number of buyers', product.participantCount, room.committedCount],
  ];
  const violations = pairs
    .filter(([, inTrade, inChat]) => inTrade !== inChat)
    .map(([name, inTrade, inChat]) => report(`its ${name} is ${inTrade} in trade and ${inChat} in chat`));
  // A buyer who left the conversation stays a buyer, so the rows decide, not the list of members.
  const differing = differenceOf(product.buyers, replayRoom(room.messages).buyers);
  return differing ? [...violations, report(`buyers in trade and in chat differ by ${differing}`)] : violations;
}

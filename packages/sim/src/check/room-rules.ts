import type { Message, Room } from '@gongu/shared';

interface RoomState {
  status: string;
  /** An end state that expiry gave: a late purchase may still get in. */
  provisional: boolean;
  max: number;
  host: string | null;
  /** Members other than the host. */
  readonly members: Set<string>;
  /** All who bought, also those who left the conversation. */
  readonly buyers: Set<string>;
}

interface SystemData {
  readonly event?: string;
  readonly room?: Room;
  readonly participant?: { readonly userId: string } | null;
  readonly participantCount?: number;
  readonly committedCount?: number;
}

/**
 * What in a room's messages, from the first one on, the room's rules do not allow: a member beyond the cap, a join after
 * the close, talk by somebody who is no member, counters that do not count. One line each.
 */
export function breachesOf(messages: readonly Message[]): string[] {
  const room: RoomState = {
    status: 'ACTIVE',
    provisional: false,
    max: Number.POSITIVE_INFINITY,
    host: null,
    members: new Set(),
    buyers: new Set(),
  };
  return messages.flatMap((message) => apply(room, message).map((breach) => `${message.seq}: ${breach}`));
}

function apply(room: RoomState, { kind, sender, data }: Message): string[] {
  if (kind === 'SYSTEM') return applyEvent(room, (data ?? {}) as SystemData);
  const breaches: string[] = [];
  if (room.status === 'CANCELLED') breaches.push('somebody talks in a cancelled room');
  if (sender && sender.userId !== room.host && !room.members.has(sender.userId)) {
    breaches.push(`${sender.userId} talks and is no member`);
  }
  return breaches;
}

function applyEvent(room: RoomState, { event, room: told, participant, ...counts }: SystemData): string[] {
  const breaches: string[] = [];
  const userId = participant?.userId ?? '';
  switch (event) {
    case 'room.opened':
      room.host = participant?.userId ?? null;
      break;
    case 'participant.joined':
      if (room.status !== 'ACTIVE' && !room.provisional) breaches.push(`${userId} joins a room that is ${room.status}`);
      if (room.members.has(userId)) breaches.push(`${userId} joins twice`);
      room.members.add(userId);
      break;
    case 'participant.left':
    case 'participant.removed':
      if (!room.members.delete(userId)) breaches.push(`${userId} goes and is no member`);
      break;
    case 'participant.committed':
      if (room.buyers.has(userId)) breaches.push(`${userId} buys twice`);
      room.buyers.add(userId);
      break;
    case 'participant.uncommitted':
      if (!room.buyers.delete(userId)) breaches.push(`${userId} withdraws and has not bought`);
      break;
  }
  if (told) {
    room.status = told.status;
    room.provisional = told.reason === 'EXPIRED';
    room.max = told.maxParticipants;
  }
  const { participantCount = room.members.size, committedCount = room.buyers.size } = counts;
  if (participantCount !== room.members.size)
    breaches.push(`${room.members.size} members are told as ${participantCount}`);
  if (committedCount !== room.buyers.size) breaches.push(`${room.buyers.size} buyers are told as ${committedCount}`);
  if (room.members.size > room.max) breaches.push(`${room.members.size} members where ${room.max} may be`);
  if (room.buyers.size > room.max) breaches.push(`${room.buyers.size} buyers where ${room.max} may be`);
  return breaches;
}

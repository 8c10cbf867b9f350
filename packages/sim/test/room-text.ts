import type { ChatMessage, EventOf, Message, MessageKind, Room } from '@gongu/shared';

/** A message as the service would send it; the same `seq` gives the same one. */
export function chat(
  seq: number,
  change: Partial<Omit<ChatMessage, 'kind'>> & { readonly kind?: MessageKind } = {},
): Message {
  const message = {
    roomId: 'r',
    seq,
    messageId: `r:${seq}`,
    kind: 'CHAT',
    sender: { userId: 'bob', nickname: 'bob', tag: null },
    content: `말 ${seq}`,
    replyTo: null,
    clientMessageId: `other-${seq}`,
    createdAt: '2026-11-21T00:00:00.000Z',
    ...change,
  };
  return message as Message;
}

/** A SYSTEM row. */
export function system(seq: number, data: unknown): Message {
  return chat(seq, { kind: 'SYSTEM', sender: null, clientMessageId: null, data });
}

export const room = (change: Partial<Room> = {}): Room => ({
  roomId: 'r',
  productId: 'r',
  title: '제주 감귤 10kg',
  status: 'ACTIVE',
  reason: null,
  hostId: 'seller',
  maxParticipants: 3,
  minParticipants: null,
  participantCount: 0,
  committedCount: 0,
  onlineCount: 0,
  watcherCount: 0,
  slowModeSeconds: 0,
  lastSeq: 0,
  pinnedMessageIds: [],
  createdAt: '2026-11-21T00:00:00.000Z',
  expiresAt: null,
  closedAt: null,
  epoch: 'epoch-1',
  firstSeq: 1,
  ...change,
});

/** `messages` with the answer to a join around them. */
export function joined(messages: readonly Message[], lastSeq: number, recovered = true): EventOf<'joined'> {
  const you = { userId: 'ann', role: 'GUEST', lastReadSeq: 0, unread: 0, unreadMentions: 0 } as NonNullable<
    EventOf<'joined'>['you']
  >;
  return {
    type: 'joined',
    ref: 'join',
    roomId: 'r',
    room: room({ lastSeq }),
    you,
    participants: [],
    messages: [...messages],
    lastSeq,
    epoch: 'epoch-1',
    recovered,
    hasMore: false,
  };
}

export const chats = (from: number, to: number): Message[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => chat(from + i));

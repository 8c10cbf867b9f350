import type { Attachment, ChatMessage, ConnectionState, Message, Outgoing, OutgoingChange } from '@gongu/client';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { shownName } from '../strings/name-of.ts';
import type { ChatStrings } from '../strings/strings.ts';

export interface ActingContext {
  /** The own user's id. */
  readonly me: string | null;
  readonly isMember: boolean;
  readonly isHost: boolean;
  readonly isAdmin: boolean;
  /** One may not write, edit and react. */
  readonly isMuted: boolean;
  /** Nothing is written in the room any more. */
  readonly isReadOnly: boolean;
  /** Seconds for which its sender may edit a message; null: messages can't be changed. */
  readonly editWindowS: number | null;
  /** The server's time, epoch milliseconds. */
  readonly nowMs: number;
}

/** Whether somebody said it and it is still there. */
export function isSaid(message: Message): message is ChatMessage {
  return message.kind !== 'SYSTEM' && message.deletedAt === undefined;
}

/** Whether what becomes of it is told at its message; else it is told for a moment. */
export function isAtMessage({ change }: OutgoingChange): boolean {
  return /^(?:edit|delete|report)$/.test(change.kind);
}

/** The files of a message. */
export function filesOf(message: Message | Outgoing): readonly Attachment[] {
  return ('attachments' in message && message.attachments) || [];
}

/** Whether the service told what became of the product: nobody else sends NOTIFICATIONs without a sender. */
export function isOfProduct({ kind, sender, data }: Message): boolean {
  return kind === 'NOTIFICATION' && sender === null && typeof data === 'object' && data !== null && 'event' in data;
}

/** A message in words: its text, or what its files are called. */
export function textOf(message: Message): string {
  return (
    message.content ||
    filesOf(message)
      .map(({ name }) => name)
      .join(', ')
  );
}

/** A message in one line, with the name of who said it; `otherwise`: where there is nothing of it. */
export function saidBy(message: Message, strings: Pick<ChatStrings, 'erasedUser'>, otherwise: string): string {
  return `${message.sender ? `${shownName(message.sender, strings)}: ` : ''}${textOf(message) || otherwise}`;
}

/** Whether one of these has said it, to the others: what the host tells all is for all. */
export function isBy(message: Message | null, userIds: readonly string[]): boolean {
  return message?.kind === 'CHAT' && message.sender !== null && userIds.includes(message.sender.userId);
}

/** Whether it would be taken, as far as that is known here; the server decides. */
export function mayEdit(message: Message, context: ActingContext): boolean {
  const { me, isMember, isMuted, isReadOnly, editWindowS, nowMs } = context;
  return (
    isSaid(message) &&
    isMember &&
    !isMuted &&
    !isReadOnly &&
    message.sender !== null &&
    message.sender.userId === me &&
    message.data === undefined &&
    editWindowS !== null &&
    nowMs - Date.parse(message.createdAt) < editWindowS * 1_000
  );
}

/** As `mayEdit`. */
export function mayReact({ isMember, isMuted, isReadOnly, editWindowS }: ActingContext): boolean {
  return isMember && !isMuted && !isReadOnly && editWindowS !== null;
}

/** As `mayEdit`. */
export function mayMute({ isHost, isAdmin, isReadOnly }: ActingContext): boolean {
  return (isHost || isAdmin) && !isReadOnly;
}

/** What decides on what one may do, as it is at this moment. */
export function actingContext(
  { you, room, muted }: Pick<ChatRoomHandle, 'you' | 'room' | 'muted'>,
  me: string | null,
  { editWindowS, isAdmin, clockOffsetMs }: ConnectionState,
): ActingContext {
  const nowMs = Date.now() + clockOffsetMs;
  return {
    ...{ me, isAdmin, editWindowS, nowMs },
    isMuted: muted !== null && !(muted.until !== null && Date.parse(muted.until) <= nowMs),
    isMember: you !== null,
    isHost: you?.role === 'HOST',
    isReadOnly: room?.status === 'CANCELLED',
  };
}

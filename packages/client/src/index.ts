export type {
  Attachment,
  AttachmentLink,
  ChatMessage,
  ErrorCode,
  FieldError,
  Message,
  MessageKind,
  Participant,
  ProductNotice,
  PublicUser,
  Reaction,
  Restriction,
  Room as RoomInfo,
  SystemEvent,
} from '@gongu/shared';
export {
  formatMoney,
  LIMITS,
  markedText,
  mentionsUser,
  minorUnitPlaces,
  parseMessageId,
  readAmount,
  SEARCH_CHARS,
  searchForm,
  writeAmount,
} from '@gongu/shared';
export type { ChatError, ClientErrorCode, Result } from './chat-error.ts';
export { type ChatClient, type ChatClientOptions, createChatClient, type MyRoom } from './client.ts';
export type { Clock } from './clock.ts';
export type { ConnectionState } from './connection/connection-state.ts';
export type { TokenProvider } from './connection/token-source.ts';
export { listReactions, type Reacted } from './list-reactions.ts';
export { listRestrictions } from './list-restrictions.ts';
export { browserStorage } from './outbox/browser-storage.ts';
export type { IndexedDbLike } from './outbox/indexed-db.ts';
export { createIndexedDbStorage } from './outbox/indexed-db-storage.ts';
export { createLocalStorage, type StorageLike } from './outbox/local-storage.ts';
export { createMemoryStorage, type OutboxStorage } from './outbox/outbox-storage.ts';
export type {
  Change,
  Draft,
  Outgoing,
  OutgoingChange,
  OutgoingFile,
  ReportReason,
  Restricting,
  StoredDraft,
} from './outbox/outgoing.ts';
export type { Choices, OwnChoices } from './own-choices.ts';
export type { Push, PushState } from './push/push-state.ts';
export { systemData } from './room/apply-message.ts';
export type { Room } from './room/room.ts';
export type { RoomSnapshot, RoomStatus } from './room/room-snapshot.ts';
export { hasReacted } from './room/room-state.ts';
export type { ListedRoom, RoomList, RoomListSnapshot } from './rooms/room-list.ts';
export { type FoundMessages, searchMessages } from './search-messages.ts';
export type { Signal, Signals } from './signals.ts';
export type { Channel, ChannelHandlers, Transport } from './transport/transport.ts';
export type { WebSocketConstructor, WebSocketLike } from './transport/websocket-transport.ts';

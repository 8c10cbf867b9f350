export type {
  ErrorCode,
  FieldError,
  Message,
  MessageKind,
  Participant,
  PublicUser,
  Room as RoomInfo,
  SystemEvent,
} from '@gongu/shared';
export { type SystemData, systemData } from './apply-message.ts';
export { browserStorage } from './browser-storage.ts';
export type { ChatError, ClientErrorCode, Result } from './chat-error.ts';
export { type ChatClient, type ChatClientOptions, createChatClient, type MyRoom } from './client.ts';
export type { Clock } from './clock.ts';
export type { ConnectionState } from './connection-state.ts';
export { createIndexedDbStorage, type IndexedDbLike } from './indexed-db-storage.ts';
export { createLocalStorage, type StorageLike } from './local-storage.ts';
export { createMemoryStorage, type OutboxStorage } from './outbox-storage.ts';
export type { Draft, Outgoing, StoredDraft } from './outgoing.ts';
export type { Room } from './room.ts';
export type { RoomSnapshot, RoomStatus } from './room-snapshot.ts';
export type { Signal, Signals } from './signals.ts';
export type { TokenProvider } from './token-source.ts';
export type { Channel, Hearer, Transport } from './transport.ts';
export type { WebSocketConstructor, WebSocketLike } from './websocket-transport.ts';

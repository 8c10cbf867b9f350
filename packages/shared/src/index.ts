export { Address, AddressedBuyer, NoAddress, OwnAddress } from './address.ts';
export { afterCommit } from './after-commit.ts';
export {
  AnnounceUpload,
  Attachment,
  AttachmentLink,
  AttachmentLinks,
  AttachmentPath,
  AttachmentsQuery,
  Upload,
  UploadPath,
} from './attachment.ts';
export { BlockUser, UserBar, UserPath } from './bar.ts';
export { ChatMessage, MessageKind, Reaction } from './chat-message.ts';
export { ChatWebhookEventType, ChatWebhooks } from './chat-webhook.ts';
export { CLOSE, type CloseCode, mayReturn } from './close-codes.ts';
export { type Command, type CommandSchemas, type CommandType, commandSchemas } from './command.ts';
export { Consistency, Divergence } from './consistency.ts';
export { spelledEmoji } from './emoji-spelling.ts';
export {
  AppError,
  type AppErrorOptions,
  ERROR_CODES,
  ERRORS,
  type ErrorCode,
  FILE_REFUSALS,
  type FieldError,
  type FileRefusal,
  fieldErrors,
} from './errors.ts';
export { type Event, type EventOf, type EventType, errorEvent, serverFrames, UnwatchReason } from './event.ts';
export {
  ClientRef,
  MessageId,
  MessageSeq,
  RESERVED_ROOM_IDS,
  RoomId,
  RoomIdInput,
  Seq,
  UserId,
} from './ids.ts';
export { Instant } from './instant.ts';
export { FRAME_LIMITS, LIMITS } from './limits.ts';
export { markedText } from './marked-text.ts';
export { mentionsUser } from './mentions-user.ts';
export { type ChangeMessage, editBody, isChange, Message, SystemMessage, saysSomething, sendBody } from './message.ts';
export { messageId, parseMessageId } from './message-id.ts';
export { formatMoney, minorUnitPlaces, readAmount, writeAmount } from './money.ts';
export { noticeReference, noticeText, PRODUCT_NOTICES, ProductNotice } from './notice.ts';
export { OutboxItem, OutboxKind, OutboxStatus } from './outbox.ts';
export {
  ListQuery,
  listOf,
  MessagePage,
  MessagePath,
  MessageQuery,
  NewestNotice,
  queryInteger,
  Reacted,
  ReactionPath,
  ReactionQuery,
  Reactions,
} from './page.ts';
export { PICTURE_ENDINGS, Picture, PictureId, pictureNames, shownPicture } from './picture.ts';
export { Problem, problemOf } from './problem.ts';
export {
  Buyer,
  ChangeParticipation,
  CreateParticipation,
  CreateProduct,
  Money,
  Participation,
  PaymentStatus,
  PriceTier,
  Product,
  ProductFacets,
  ProductLabel,
  ProductReason,
  ProductStatus,
  ProductSummary,
  Purchase,
  productFields,
  ReportPayment,
  WaitingPlace,
} from './product.ts';
export { AuditEntry, AuditEvent, ProductChange } from './product-change.ts';
export { CancelProduct, EditProduct } from './product-edit.ts';
export { DeletePush, PushKey, PushPayload, PushSubscriptions, type PushTarget, PutPush } from './push.ts';
export { EndReport, Report, ReportMessage, ReportPath, ReportQuery, ReportReceipt } from './report.ts';
export { Restriction, RestrictUser } from './restriction.ts';
export {
  CommitParticipant,
  CommitParticipants,
  Concerned,
  MarkRead,
  OpenRoom,
  Participant,
  ParticipantPath,
  ParticipantRole,
  PatchRoom,
  Room,
  RoomPath,
  RoomStatus,
} from './room.ts';
export { RoomsSearchPage, RoomsSearchQuery, SearchPage, SearchQuery, SearchText } from './search.ts';
export { SEARCH_CHARS, searchForm } from './search-form.ts';
export { stompBodies } from './stomp-body.ts';
export {
  RoomEntry,
  type RoomsStreamData,
  type RoomsStreamEventType,
  roomStreamEvents,
  roomsStreamEvents,
} from './stream-event.ts';
export { RoomRecord, SYSTEM_EVENTS, SystemEvent, type SystemEventName } from './system-event.ts';
export { closeReason, codePoints, hasForbiddenCharacters, text, withoutBom } from './text.ts';
export { AnonymousTokenAnswer, AnonymousTokenRequest, defaultNickname, TicketAnswer, UserClaims } from './token.ts';
export { Erasure, ErasurePath, PublicUser, publicUser, type User } from './user.ts';
export {
  CreateWebhook,
  EditWebhook,
  Redeliver,
  Redelivered,
  TradeWebhooks,
  Webhook,
  WebhookDelivery,
  WebhookEventType,
  WebhookTest,
  WebhookWithSecret,
} from './webhook.ts';

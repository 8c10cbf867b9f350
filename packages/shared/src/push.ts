import { z } from 'zod';
import { RoomId } from './ids.ts';
import { ProductNotice } from './notice.ts';

/** What a browser's `PushSubscription` says of itself: where to post, and how to encrypt. */
const PushTarget = z.object({
  /** Whoever knows it may send pushes to the device: kept out of logs and URLs. */
  endpoint: z
    .url({ protocol: /^https$/, error: 'must be the https URL of a push service' })
    .max(2_048, { error: 'must have at most 2048 characters' }),
  keys: z.object({
    /** 65 bytes, base64url: a point of P-256. */
    p256dh: z.string().regex(/^B[A-Za-z0-9_-]{86}={0,1}$/, { error: 'must be 65 bytes as base64url' }),
    /** 16 bytes, base64url. */
    auth: z.string().regex(/^[A-Za-z0-9_-]{22}={0,2}$/, { error: 'must be 16 bytes as base64url' }),
  }),
});
export type PushTarget = z.output<typeof PushTarget>;

/** Body of `PUT /api/chat/push-subscriptions`: this device wants to hear of unread messages of this room. */
export const PutPush = PushTarget.extend({ roomId: RoomId }).meta({ id: 'PutPush' });
export type PutPush = z.output<typeof PutPush>;

/** Body of `DELETE /api/chat/push-subscriptions`; without `roomId` for all rooms. */
export const DeletePush = z
  .object({ endpoint: PushTarget.shape.endpoint, roomId: RoomId.optional() })
  .meta({ id: 'DeletePush' });

/** A room of which a device hears. */
export const PushSubscriptions = z
  .object({
    items: z.array(
      z.object({
        roomId: z.string(),
        /** SHA-256 of the endpoint, base64url: a device finds itself by it. */
        deviceId: z.string(),
      }),
    ),
  })
  .meta({ id: 'PushSubscriptions' });
export type PushSubscriptions = z.output<typeof PushSubscriptions>;

/** Answer of `GET /api/chat/push-key`: what a browser wants as `applicationServerKey`. */
export const PushKey = z.object({ publicKey: z.string() }).meta({ id: 'PushKey' });

/** What a push says, as JSON: decrypted by the browser, read by the page's service worker. */
export const PushPayload = z.object({
  type: z.literal('unread'),
  roomId: z.string(),
  /** The room's title. */
  title: z.string(),
  unread: z.int(),
  /** Who said the newest unread message, where the service tells texts (`ABSENT_TEXT`); null: the service itself. */
  from: z.string().nullable().optional(),
  /** His id, for devices that know whom their user ignores. */
  fromUserId: z.string().nullable().optional(),
  /** Its text, or the beginning of it. */
  text: z.string().optional(),
  /** What that text says, where trade told it: for devices that say it in their user's language. */
  notice: ProductNotice.optional(),
});
export type PushPayload = z.output<typeof PushPayload>;

import { envFields, filePlaceFields, readEnv, serviceEnv } from '@gongu/host';
import { LIMITS } from '@gongu/shared';
import { z } from 'zod';
import { vapidKeysOf } from './push/vapid-keys.ts';
import { redisTarget } from './redis/redis-url.ts';

/** The chat service's configuration; docs/configuration.md is generated from nothing else. Unset values are defaults. */
export const ChatEnv = serviceEnv({
  /** Port of HTTP and sockets. */
  CHAT_PORT: envFields.port(8080),
  /** Connections to PostgreSQL, all together. */
  DATABASE_POOL: envFields.int(10, { min: 3, max: 1_000 }),
  /** Redis, which carries what instances tell each other; unset: one instance, or one that polls PostgreSQL. */
  REDIS_URL: z.string().trim().superRefine(checkRedisUrl).optional(),
  /** Whether what instances tell each other over Redis is sealed, so that nobody else reads or writes it. */
  BUS_SEAL: envFields.bool(false),
  /** Where other instances reach this one, without a path; unset: http://127.0.0.1 and its port. */
  INSTANCE_URL: envFields.url({ protocols: ['http:', 'https:'], bare: true }).optional(),
  /** Whether there are people without an account: identities for who presents no token, and the tokens of such ones. */
  ANONYMOUS_ACCESS: envFields.bool(true),
  /** Part of a room's places that guests without an account may hold, rounded down to whole places. */
  ANONYMOUS_SHARE: envFields.share(0.5),
  /** Days after its issue within which an anonymous token is renewed; then its tag is free again. */
  ANONYMOUS_RENEW_DAYS: envFields.int(180, { min: 1, max: 36_500 }),
  /** Seconds after it was last seen for which a socket without a token keeps its place. */
  VISITOR_GRACE_S: envFields.int(300, { min: 1, max: 31_536_000 }),
  /** Seconds for which one whom the host or the service removed can't join again; 0 = at once. */
  REJOIN_PAUSE_S: envFields.int(600, { max: 31_536_000 }),
  /** Whether what was said can be edited and deleted. Not before all instances know how: those of 0.1 do not. */
  CHANGES: envFields.bool(false),
  /** Seconds after it was sent for which its sender can edit a message; 0 = never. */
  EDIT_WINDOW_S: envFields.int(86_400, { max: 315_360_000 }),
  /** Whether texts and names of files are sealed where they are stored. */
  CONTENT_ENCRYPTION: envFields.bool(true),
  /** Keys that the keys of rooms are sealed by: `id:base64` of 32 bytes, several with commas; the first one seals. */
  CONTENT_KEYS: envFields.sealingKeysOrLost().optional(),
  /** What becomes of telephone numbers, accounts, links and unwanted words in what users say: nothing, hidden, or refused. */
  CONTENT_FILTER: z.enum(['off', 'mask', 'refuse'], { error: 'must be off, mask or refuse' }).default('off'),
  /** Names that links may lead to all the same, with all that is below them, separated by commas; unset: there are none. */
  FILTER_LINKS: z.string().trim().optional(),
  /** File of unwanted words, one a line; unset: there are none. */
  FILTER_WORDS: z.string().trim().optional(),
  /** Days after its end for which a report is kept, with its copy of the message. */
  REPORT_DAYS: envFields.int(90, { min: 1, max: 36_500 }),
  /** Days for which messages of rooms that have ended are kept; 0 = for ever. */
  RETENTION_DAYS: envFields.int(0, { max: 36_500 }),
  /** Days after its end for which a room is kept, with all that is of it; the same as trade's. 0 = for ever. */
  ROOM_DAYS: envFields.int(0, { max: 36_500 }),
  /** Private key that pushes to browsers are signed with, 32 bytes as base64url; unset: none are sent. Keep it: with another one all devices have to subscribe anew. */
  PUSH_KEY: z.string().trim().superRefine(checkPushKey).optional(),
  /** Whom a push service may ask about pushes: a mailto: or https: URL; required with PUSH_KEY. */
  PUSH_CONTACT: envFields.url({ protocols: ['mailto:', 'https:'] }).optional(),
  /** Seconds for which a message must have been unread before a member who asked for it is told by push, and webhooks of buyers and the host. */
  ABSENT_AFTER_S: envFields.int(60, { min: 1, max: 604_800 }),
  /** Whether a push tells the newest message and its sender; else the room's title and how many are unread. */
  ABSENT_TEXT: envFields.bool(false),
  /** Webhooks, at most; 0 = any number. */
  MAX_WEBHOOKS: envFields.int(100, { max: 1_000_000 }),
  /** Whether push services and webhooks may be at private addresses. */
  WEBHOOK_ALLOW_PRIVATE: envFields.bool(false),
  /** Largest file of a message, bytes; 0 = none is taken. */
  UPLOAD_MAX_BYTES: envFields.int(26_214_400, { max: 5_368_709_120 }),
  /** Bytes that all files of one user may have together; 0 = any number. */
  UPLOAD_MAX_USER_BYTES: envFields.int(5_368_709_120, { max: 1_125_899_906_842_624 }),
  /** Asked about each file before it is shown, by its bytes as a POST: 2xx takes it, 406 or 422 refuses it. */
  UPLOAD_SCAN_URL: envFields.url({ protocols: ['http:', 'https:'] }).optional(),
  /** Files that a user may upload in an hour; 0 = any number. */
  RATE_UPLOADS_PER_HOUR: envFields.int(20, { max: 1_000_000 }),
  // Of messages: in the folder `files` of DATA_DIR, or in the S3.
  ...filePlaceFields,
  /** Whether rooms that are ACTIVE may be looked at, and read, without joining. */
  ROOM_WATCH: envFields.bool(true),
  /** The room of sockets and messages that name none: always ACTIVE, without a product. Empty = there is none. */
  LOBBY_ROOM_ID: envFields.textOrEmpty('lobby'),
  /** Milliseconds until the first frame must have authenticated. */
  FIRST_FRAME_MS: envFields.int(LIMITS.firstFrameMs, { min: 1 }),
  /** Largest inbound frame, bytes. */
  MAX_FRAME_BYTES: envFields.int(LIMITS.frameBytes, { min: 1_024, max: 16_777_216 }),
  /** Longest message text, code points. */
  MAX_CONTENT_CHARS: envFields.int(LIMITS.contentChars, { min: 1, max: 100_000 }),
  /** Bytes queued for a slow socket before it is resynchronised. */
  SEND_QUEUE_BYTES: envFields.int(LIMITS.sendQueueBytes, { min: 16_384 }),
  /** Most milliseconds from one write to a busy room's sockets to the next. 0 = each turn. */
  ROOM_WRITE_MS: envFields.int(100, { max: 1_000 }),
  /** Part of its time that the event loop works, up to which neither busy rooms nor commits are kept waiting. 0 = always. */
  ROOM_WRITE_LOAD: envFields.share(0.2),
  /** Most milliseconds from one commit of messages to the next while fewer than 100 wait; the first never waits. 0 = none. */
  COMMIT_MS: envFields.int(25, { max: 1_000 }),
  /** Milliseconds between pings; two without answer, and the socket is gone. */
  HEARTBEAT_MS: envFields.int(LIMITS.heartbeatMs, { min: 100 }),
  /** Messages a second, per user and instance; twice that in a burst; 0 = off. */
  RATE_MESSAGES_PER_SECOND: envFields.int(10, { max: 1_000_000 }),
  /** Identities made and changes by anonymous users a second, per address; ten times that in a burst; 0 = off. */
  RATE_ANONYMOUS_PER_SECOND: envFields.int(50, { max: 1_000_000 }),
  /** Frames a second, per socket; twice that in a burst; 0 = off. */
  RATE_FRAMES_PER_SECOND: envFields.int(100, { max: 1_000_000 }),
  /** Sockets, streams and polling sessions of this instance at once; 0 = any number. */
  MAX_CONNECTIONS: envFields.int(50_000, { max: 10_000_000 }),
  /** Handshakes in any second; 0 = any number. More than one core gets through, so that it cuts off attacks only. */
  MAX_HANDSHAKES_PER_SECOND: envFields.int(10_000, { max: 1_000_000 }),
  /** When rooms past their deadline are ended. */
  EXPIRE_CRON: envFields.cron('*/5 * * * * *'),
})
  .refine(({ CONTENT_ENCRYPTION, CONTENT_KEYS }) => !CONTENT_ENCRYPTION || CONTENT_KEYS !== undefined, {
    path: ['CONTENT_KEYS'],
    error: 'is not set: texts are sealed by it (CONTENT_ENCRYPTION=off stores them clear)',
    when: () => true,
  })
  .refine(({ PUSH_KEY, PUSH_CONTACT }) => PUSH_KEY === undefined || PUSH_CONTACT !== undefined, {
    path: ['PUSH_CONTACT'],
    error: 'is not set, and push services want to know whom they can ask (PUSH_KEY is set)',
    // Beside the errors of other variables, so that all are named at once.
    when: () => true,
  });

/** Its message never quotes the key. */
function checkPushKey(key: string, context: z.RefinementCtx<string>): void {
  try {
    vapidKeysOf(key);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a private key of P-256, 32 bytes as base64url' });
  }
}

/** Its message never quotes the URL: that may hold a password. */
function checkRedisUrl(url: string, context: z.RefinementCtx<string>): void {
  try {
    redisTarget(url);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'can not be read' });
  }
}

export type ChatEnv = z.output<typeof ChatEnv>;

/** @throws EnvError naming every missing or bad variable */
export function readChatEnv(source: NodeJS.ProcessEnv): ChatEnv {
  return readEnv(ChatEnv, source);
}

/** Bytes that a body over HTTP may have: 256 KiB, and no less than a frame or the longest text (4 bytes a character). */
export function bodyLimitOf({ MAX_FRAME_BYTES, MAX_CONTENT_CHARS }: ChatEnv): number {
  return Math.max(262_144, MAX_FRAME_BYTES, MAX_CONTENT_CHARS * 4 + 4_096);
}

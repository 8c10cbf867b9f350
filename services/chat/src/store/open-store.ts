import {
  type BarStore,
  createBarStore,
  createHoldStore,
  createPool,
  createWebhookStore,
  type HoldStore,
  type Logger,
  type Pool,
  type Pooler,
  prismaAdapter,
  type SessionLimits,
  type WebhookStore,
} from '@gongu/host';
import type { AbsenceStore } from '../room/ports/absence-store.ts';
import type { ContentStore } from '../room/ports/content-store.ts';
import type { MemberStore } from '../room/ports/member-store.ts';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { PersonStore } from '../room/ports/person-store.ts';
import type { PushStore } from '../room/ports/push-store.ts';
import type { ReportStore } from '../room/ports/report-store.ts';
import type { RestrictionStore } from '../room/ports/restriction-store.ts';
import type { RetentionStore } from '../room/ports/retention-store.ts';
import type { RoomStore } from '../room/ports/room-store.ts';
import type { SearchIndex, SearchStore } from '../room/ports/search-store.ts';
import type { TagStore } from '../room/ports/tag-store.ts';
import type { TicketStore } from '../room/ports/ticket-store.ts';
import type { UploadStore } from '../room/ports/upload-store.ts';
import type { VisitorStore } from '../room/ports/visitor-store.ts';
import { createAbsenceStore } from './absence-store.ts';
import { type AdminRooms, createAdminRooms } from './admin-rooms.ts';
import { createAppendBatch } from './append-batch.ts';
import { createContentStore } from './content-store.ts';
import { PrismaClient } from './generated/client.ts';
import { createMemberStore } from './member-store.ts';
import { createMessageChanges } from './message-changes.ts';
import { createMessagePage } from './message-page.ts';
import { createMessageStore } from './message-store.ts';
import { createPersonStore } from './person-store.ts';
import { createPushStore } from './push-store.ts';
import { createReactionReads } from './reaction-reads.ts';
import { createReportStore } from './report-store.ts';
import { createRestrictionStore } from './restriction-store.ts';
import { createRetentionStore } from './retention-store.ts';
import { createRoomStore } from './room-store.ts';
import { type ContentKeys, createRoomKeys, type RoomKeysOptions } from './sealing/room-keys.ts';
import { createSealedTexts, type SealedTextsOptions } from './sealing/sealed-texts.ts';
import { createSearchIndex } from './search-index.ts';
import { createSearchStore } from './search-store.ts';
import { createTagStore } from './tag-store.ts';
import { createTicketStore } from './ticket-store.ts';
import { createUploadSeals } from './upload-seals.ts';
import { createUploadStore } from './upload-store.ts';
import { createVisitorStore } from './visitor-store.ts';
import { webhookDataOf } from './webhook-data.ts';
import { createWholeRows } from './whole-rows.ts';

export interface Store {
  readonly rooms: RoomStore;
  readonly members: MemberStore;
  readonly messages: MessageStore;
  readonly search: SearchStore;
  readonly searchIndex: SearchIndex;
  readonly tickets: TicketStore;
  readonly visitors: VisitorStore;
  readonly restrictions: RestrictionStore;
  readonly bars: BarStore;
  /** What is held for a legal reason. */
  readonly holds: HoldStore;
  readonly reports: ReportStore;
  readonly pushes: PushStore;
  readonly absences: AbsenceStore;
  readonly webhooks: WebhookStore;
  readonly uploads: UploadStore;
  readonly content: ContentStore;
  readonly retention: RetentionStore;
  readonly people: PersonStore;
  readonly tags: TagStore;
  /** For `pnpm admin`. */
  readonly adminRooms: AdminRooms;
  /** By name, for metrics. */
  readonly pools: Readonly<Record<'append' | 'reads', Pool>>;
  /** Resolves when PostgreSQL answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** PostgreSQL schema that chat's tables live in. */
export const CHAT_SCHEMA = 'chat';

export interface StoreOptions {
  /** `DATABASE_URL`; migrated. */
  readonly url: string;
  /** What stands between. @default 'none' */
  readonly pooler?: Pooler;
  /** Most connections, all together. */
  readonly poolSize: number;
  readonly log?: Logger;
  /** How long PostgreSQL may take. Default: the pool's. */
  readonly limits?: Partial<SessionLimits>;
  /** Milliseconds to wait for a connection, but for those of the append. Default: the pool's. */
  readonly connectTimeoutMs?: number;
  /** Part of a room's places that guests without an account may hold, rounded down to whole places. Default 0.5. */
  readonly anonymousShare?: number;
  /** Whether rooms that are ACTIVE may be read by who is no member. Default true. */
  readonly isWatchable?: boolean;
  /** How texts are kept. Default: clear, and none is sealed. */
  readonly content?: ContentOptions;
}

export interface ContentOptions
  extends Pick<RoomKeysOptions, 'isOn' | 'onUnopened'>,
    Pick<SealedTextsOptions, 'onAltered'> {
  /** Null only where texts are written clear, and none is sealed. */
  readonly keys: ContentKeys | null;
}

/** Milliseconds that a batch of messages may take at most. */
const APPEND_MS = 4_000;

/**
 * Opens the store on a migrated database. `poolSize` connections in all: two of them are the append's own (one batch is
 * in flight at a time, the second takes over while a broken one is replaced).
 */
export function openStore({
  url,
  pooler,
  poolSize,
  log,
  limits = {},
  connectTimeoutMs,
  anonymousShare: share = 0.5,
  isWatchable = true,
  content = { keys: null, isOn: false },
}: StoreOptions): Store {
  const common = { ...limits, url, ...(pooler ? { pooler } : {}), schema: CHAT_SCHEMA, ...(log ? { log } : {}) };
  const appendPool = createPool({
    ...common,
    max: 2,
    applicationName: 'gongu-chat-append',
    connectTimeoutMs: 2_000,
    statementTimeoutMs: Math.min(limits.statementTimeoutMs ?? APPEND_MS, APPEND_MS),
    queryTimeoutMs: APPEND_MS + 1_000,
  });
  const reads = createPool({
    ...common,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    max: Math.max(1, poolSize - 2),
    applicationName: 'gongu-chat',
  });
  const prisma = new PrismaClient({ adapter: prismaAdapter({ pool: reads, schema: CHAT_SCHEMA }) });
  const texts = createSealedTexts({ ...content, keys: createRoomKeys({ ...content, pool: reads }) });
  const uploadSeals = createUploadSeals({ pool: reads, texts });
  const whole = createWholeRows({ pool: reads, texts });
  return {
    pools: { append: appendPool, reads },
    rooms: createRoomStore({ prisma, share, whole, texts }),
    members: createMemberStore({ prisma, pool: reads, share }),
    messages: createMessageStore({
      pool: reads,
      whole,
      append: createAppendBatch({ pool: appendPool, texts, uploads: uploadSeals }),
      changes: createMessageChanges({ pool: reads, texts }),
      reactions: createReactionReads({ pool: reads }),
      pages: createMessagePage({ pool: reads, whole, isWatchable }),
    }),
    search: createSearchStore({ pool: reads, texts }),
    searchIndex: createSearchIndex({ pool: reads, texts }),
    tickets: createTicketStore({ prisma }),
    tags: createTagStore({ prisma }),
    visitors: createVisitorStore({ prisma }),
    restrictions: createRestrictionStore({ prisma }),
    reports: createReportStore({ prisma, texts }),
    pushes: createPushStore({ prisma, texts }),
    absences: createAbsenceStore({ pool: reads }),
    webhooks: createWebhookStore({
      ...{ pool: reads, schema: CHAT_SCHEMA, messagePrefix: 'msg_chat_', dataOf: webhookDataOf },
      subject: { column: 'room_id', field: 'roomId' },
    }),
    uploads: createUploadStore({ prisma, texts }),
    content: createContentStore({ pool: reads, texts, uploads: uploadSeals, keys: content.keys }),
    retention: createRetentionStore({ pool: reads }),
    people: createPersonStore({ pool: reads, texts, whole }),
    adminRooms: createAdminRooms({ pool: reads }),
    bars: createBarStore({ pool: reads, schema: CHAT_SCHEMA }),
    holds: createHoldStore({ pool: reads, schema: CHAT_SCHEMA }),
    async ping() {
      await prisma.$queryRaw`SELECT 1`;
    },
    async close() {
      await Promise.all([appendPool.end(), prisma.$disconnect().then(() => reads.end())]);
    },
  };
}

export { barCommands } from './admin/bar-commands.ts';
export { type AdminCommand, adminCommand, BY, columns } from './admin/command.ts';
export { holdCommands } from './admin/hold-commands.ts';
export { createHoldStore, type HoldStore } from './admin/hold-store.ts';
export { personCommands } from './admin/person-commands.ts';
export { runAdmin } from './admin/run-admin.ts';
export { type AdminService, createAdminService, hindranceOf } from './admin/service.ts';
export { RESEAL_ENV, type WebhookContext, webhookCommands } from './admin/webhook-commands.ts';
export { type Auth, type AuthOptions, createAuth, type Identity } from './auth/auth.ts';
export { barRoutes } from './auth/bar-routes.ts';
export { type BarStore, createBarStore } from './auth/bar-store.ts';
export type { Bars } from './auth/bars.ts';
export {
  bearerOf,
  createShopCallers,
  requireEither,
  requireService,
  requireUser,
  type ShopCallers,
} from './auth/callers.ts';
export { createShopKeys } from './auth/shop-keys.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export { EnvError, type EnvProblem, readEnv } from './env/env.ts';
export { envFields } from './env/env-fields.ts';
export { DEFAULT_DATA_DIR, type FilePlace, filePlaceFields, filePlaceOf } from './files/file-place.ts';
export { createFolderStore } from './files/folder-store.ts';
export { HEAD_BYTES, kindOf, PICTURES_TAKEN, refusalOfType } from './files/kind-of.ts';
export { PictureRefused, pictureOf } from './files/picture.ts';
export { createS3Store } from './files/s3-store.ts';
export { toAppError } from './http/answers/error-answers.ts';
export {
  noContent,
  OF_CALLER,
  OF_ONE_KIND,
  OF_WRITER,
  type ProblemResponse,
  problems,
} from './http/answers/problem-responses.ts';
export { askCallersFirst, type CallerChecks } from './http/callers-first.ts';
export { clientAddress } from './http/client-address.ts';
export { type Cursor, createCursor } from './http/cursor.ts';
export { type DocsOptions, registerDocs } from './http/docs/docs.ts';
export { EVENT_STREAM_HEADERS } from './http/event-stream-headers.ts';
export { createHttp, type Http, type HttpOptions, type ServiceInfo } from './http/http.ts';
export { type CheckResult, type HealthOptions, type Lifecycle, registerHealth } from './http/observe/health.ts';
export { observeHttp } from './http/observe/observe-http.ts';
export { hush, noteUser } from './http/observe/request-log.ts';
export { type Trace, traceHeaders, traceOf } from './http/observe/trace.ts';
export { type AllowedOrigins, isLocalOrigin, isOriginAllowed } from './http/origins.ts';
export { createOutboundPost, type OutboundPost, type Posted } from './http/outbound-post.ts';
export { createUpgradesAhead, type UpgradesAhead } from './http/upgrades-ahead.ts';
export { type Cron, type CronOptions, createCron, type JobTask } from './jobs/cron.ts';
export { createLog, type Logger, type LogLevel, type LogOptions, redactUrl } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type Person, personRoutes } from './people/person-routes.ts';
export { fateOf, isUnavailable, sqlState, Unsent } from './postgres/fate.ts';
export { type MigrateOptions, migrate } from './postgres/migrate.ts';
export { draftMigration } from './postgres/migration-draft.ts';
export { diffMigrations } from './postgres/migration-drift.ts';
export { type MigrationFile, type MigrationFiles, readMigrations } from './postgres/migration-files.ts';
export { observePools } from './postgres/observe-pools.ts';
export { createPool, type Pool, type PoolOptions, prismaAdapter } from './postgres/pool.ts';
export { reached } from './postgres/reached.ts';
export { type Pooler, type SessionLimits, withSearchPath } from './postgres/session-settings.ts';
export { waitForPostgres } from './postgres/wait-for-postgres.ts';
export {
  isWorthAnotherTry,
  refusalOfErased,
  UNKNOWN_FOR_MS,
  UNKNOWN_PAUSE_MS,
  unavailable,
  unknownOutcome,
  written,
} from './postgres/written.ts';
export { describeStartFailure, runMain } from './process/main-run.ts';
export { dataDir, readRunFile, writeRunFile } from './process/run-file.ts';
export { onShutdown, type Shutdown, type ShutdownOptions, type ShutdownStep } from './process/shutdown.ts';
export { StartError } from './process/start-error.ts';
export { addressKey } from './rates/address-key.ts';
export { createChangeRate } from './rates/change-rate.ts';
export { createDatabaseQueues } from './rates/database-queues.ts';
export { createFairQueue, type FairQueue } from './rates/fair-queue.ts';
export { limitChanges } from './rates/limit-changes.ts';
export { Bucket, createRateLimit, type RateLimit } from './rates/rate-limit.ts';
export { turnKey } from './rates/turn-key.ts';
export {
  fingerprintOf,
  type LostKey,
  openBytes,
  type SealingKey,
  seal,
  sealBytes,
  sealingKeysOf,
  unseal,
} from './seal/sealing-keys.ts';
export { type RunServiceOptions, runService } from './service/run-service.ts';
export { createService, type Service, type ServiceLifecycle, type Settle } from './service/service.ts';
export { type ServiceEnv, serviceEnv, sessionLimitsOf } from './service/service-env.ts';
export { createServiceHttp, type ServiceHttpOptions } from './service/service-http.ts';
export { createServiceParts, type ServiceOptions, type ServiceParts } from './service/service-parts.ts';
export { certificateFault } from './tls/certificate-fault.ts';
export { tlsWords } from './tls/tls-words.ts';
export { createHooks } from './webhooks/hooks.ts';
export { webhookRoutes } from './webhooks/webhook-routes.ts';
export { createWebhookStore, type WebhookEventRow, type WebhookStore } from './webhooks/webhook-store.ts';

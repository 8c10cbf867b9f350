export { type JwksIssuer, startJwks } from './auth/jwks.ts';
export { BAD_TIMES, GOOD_TIMES } from './auth/token-times.ts';
export { expiredToken, newSecret, serviceToken, signToken, type UserTokenOptions, userToken } from './auth/tokens.ts';
export { incompressible, TOO_LONG_IDS, USER_IDS } from './auth/user-ids.ts';
export { numberOption, readOptions } from './command-line.ts';
export { unsafeAnswers } from './docs/answer-headers.ts';
export { asyncApiProblems } from './docs/asyncapi-check.ts';
export { changingRoutes } from './docs/changing-routes.ts';
export { namelessParts } from './docs/client-names.ts';
export { type ConfigurationRow, configurationTable, variablesReadBy } from './docs/configuration-table.ts';
export { brokenPromises } from './docs/kept-promises.ts';
export { type CodeBlock, type Markdown, type MarkdownLink, markdownFiles, readMarkdown } from './docs/markdown.ts';
export {
  createOpenApiCheck,
  createOpenApiChecks,
  type OpenApiCheck,
  type OpenApiDocument,
} from './docs/openapi-check.ts';
export { badRawAnswers } from './docs/raw-answers.ts';
export { checkFrame, checkReceived, differencesFrom } from './docs/wire-check.ts';
export { createLatency, type Latency, type LatencySummary } from './latency.ts';
export { machine } from './machine.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { accepts } from './network/accepts.ts';
export { freePort } from './network/free-port.ts';
export { type PausedRequest, type PausedRequestOptions, pausedRequest } from './network/paused-request.ts';
export { type Frame, type Probe, type ProbeOptions, probe, UpgradeRefused } from './network/probe.ts';
export { readSeries } from './network/read-series.ts';
export { type ShakyDatabase, shakyDatabase } from './network/shaky-database.ts';
export { type Statement, type StatementProxy, statementProxy } from './network/statement-proxy.ts';
export { type TcpProxy, tcpProxy } from './network/tcp-proxy.ts';
export {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookBehaviour,
  type WebhookReceiver,
} from './network/webhook-receiver.ts';
export { hasOpenssl, makeCertificates, type TestCertificates } from './programs/certificates.ts';
export { type ChatService, startChatService } from './programs/chat-service.ts';
export { type Consumer, consumer } from './programs/consumer.ts';
export { HOSTILE_SETTINGS, makeHostile } from './programs/hostile-settings.ts';
export { INDEX_ROW_BYTES, largestIndexRows } from './programs/index-rows.ts';
export { type NginxOptions, type NginxProcess, startNginx } from './programs/nginx.ts';
export { ensureNginx, hasNginx } from './programs/nginx-program.ts';
export { type PgBouncer, type PgBouncerOptions, pgBouncerProgram, startPgBouncer } from './programs/pgbouncer.ts';
export { servicesDatabase, type TestDatabase, type TestDatabaseOptions, testDatabase } from './programs/postgres.ts';
export { startPushService, type TestDevice, type TestPush, type TestPushService } from './programs/push-service.ts';
export { startRedis, type TestRedis } from './programs/redis.ts';
export { ensureRedisProgram, redisHasTls, redisProgram } from './programs/redis-program.ts';
export { type LogLine, type ServiceProcess, type SpawnServiceOptions, spawnService } from './programs/spawn-service.ts';
export { startVersityGw, type TestS3, versityGwProgram } from './programs/versitygw.ts';
export { inRepository } from './repository.ts';

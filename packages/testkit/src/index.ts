export { type JwksIssuer, startJwks } from './auth/jwks.ts';
export { expiredToken, newSecret, serviceToken, signToken, type UserTokenOptions, userToken } from './auth/tokens.ts';
export { numberOption, readOptions } from './command-line.ts';
export { type ConfigurationRow, configurationTable, variablesReadBy } from './docs/configuration-table.ts';
export { type CodeBlock, type Markdown, type MarkdownLink, markdownFiles, readMarkdown } from './docs/markdown.ts';
export { createOpenApiCheck, type OpenApiCheck, type OpenApiDocument } from './docs/openapi-check.ts';
export { createLatency, type Latency, type LatencySummary } from './latency.ts';
export { machine } from './machine.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { accepts } from './network/accepts.ts';
export { freePort } from './network/free-port.ts';
export { type Frame, type Probe, type ProbeOptions, probe, UpgradeRefused } from './network/probe.ts';
export { type Statement, type StatementProxy, statementProxy } from './network/statement-proxy.ts';
export { type TcpProxy, tcpProxy } from './network/tcp-proxy.ts';
export { type ChatService, startChatService } from './programs/chat-service.ts';
export { type Consumer, consumer } from './programs/consumer.ts';
export { type NginxOptions, type NginxProcess, startNginx } from './programs/nginx.ts';
export { ensureNginx, hasNginx } from './programs/nginx-program.ts';
export { type TestDatabase, type TestDatabaseOptions, testDatabase } from './programs/postgres.ts';
export { startRedis, type TestRedis } from './programs/redis.ts';
export { ensureRedisProgram, redisProgram } from './programs/redis-program.ts';
export { type LogLine, type ServiceProcess, type SpawnServiceOptions, spawnService } from './programs/spawn-service.ts';
export { inRepository } from './repository.ts';
export { checkAgreement, settle } from './shopper/agreement.ts';
export { createFaults, FAULT_KINDS, type Fault, type FaultKind, type Faults } from './shopper/faults.ts';
export { createLedger, type Ledger, type Saying } from './shopper/ledger.ts';
export {
  type Place,
  type Shopper,
  type ShopperObserver,
  type ShopperOptions,
  startShopper,
} from './shopper/shopper.ts';
export { readStored, type StoredPage } from './shopper/stored-messages.ts';

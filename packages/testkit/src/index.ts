export { accepts } from './accepts.ts';
export { type ChatService, startChatService } from './chat-service.ts';
export { numberOption, readOptions } from './command-line.ts';
export { type ConfigurationRow, configurationTable, variablesReadBy } from './configuration-table.ts';
export { type Consumer, consumer } from './consumer.ts';
export { freePort } from './free-port.ts';
export { type JwksIssuer, startJwks } from './jwks.ts';
export { createLatency, type Latency, type LatencySummary } from './latency.ts';
export { machine } from './machine.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { type CodeBlock, type Markdown, type MarkdownLink, markdownFiles, readMarkdown } from './markdown.ts';
export { type NginxOptions, type NginxProcess, startNginx } from './nginx.ts';
export { ensureNginx, hasNginx } from './nginx-program.ts';
export { createOpenApiCheck, type OpenApiCheck, type OpenApiDocument } from './openapi-check.ts';
export { type TestDatabase, type TestDatabaseOptions, testDatabase } from './postgres.ts';
export { type Frame, type Probe, type ProbeOptions, probe, UpgradeRefused } from './probe.ts';
export { startRedis, type TestRedis } from './redis.ts';
export { ensureRedisProgram, redisProgram } from './redis-program.ts';
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
export { type LogLine, type ServiceProcess, type SpawnServiceOptions, spawnService } from './spawn-service.ts';
export { type Statement, type StatementProxy, statementProxy } from './statement-proxy.ts';
export { type TcpProxy, tcpProxy } from './tcp-proxy.ts';
export { expiredToken, newSecret, serviceToken, signToken, type UserTokenOptions, userToken } from './tokens.ts';

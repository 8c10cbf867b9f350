import { readFileSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { certificateFault } from '@gongu/host';
import { Cluster, Redis } from 'ioredis';
import { TlsConnector } from './tls-connector.ts';

/** A connection, or the connections to a Cluster's nodes. */
export type RedisClient = Redis | Cluster;

/** What a client is opened for. */
export interface OpenOptions {
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** Milliseconds until an unanswered command is given up. Default: none. */
  readonly commandTimeoutMs?: number;
}

/** Where Redis is, as `REDIS_URL` says it. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** For logs: the URL without credentials and options. */
  readonly label: string;
  /**
   * A client that has not connected yet. It neither queues commands while it is not connected, nor repeats them, nor
   * reconnects: whoever opened it replaces it (redis-link.ts), so there is one way back and not two.
   */
  open(options: OpenOptions): RedisClient;
}

/** Says what is wrong with a Redis URL, without quoting it: it may hold a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const FORM = /^(rediss?)(?:[+-](sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const OPTIONS = new Set(['family', 'sentinelUsername', 'sentinelPassword', 'caFile', 'certFile', 'keyFile']);

/** Milliseconds until a TCP (and TLS) connection must stand. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Milliseconds a peer gets to close its side; a black-holed one never does. */
const DISCONNECT_TIMEOUT_MS = 100;

/**
 * Reads a Redis URL. Credentials are percent-encoded; ports default to 6379, a sentinel's to 26379.
 *
 * - `redis://[[user]:password@]host[:port][/db]`: one server
 * - `redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/name[/db]`: the hosts are sentinels, `name` is the
 *   master's. Credentials are the master's; a sentinel's own are `?sentinelUsername=&sentinelPassword=`
 * - `redis+cluster://[[user]:password@]host[:port][,host[:port]…]`: some of the Cluster's nodes
 *
 * `rediss` in place of `redis` is TLS, for the sentinels too. `?caFile=` names the authorities to believe (unset: Node's),
 * `?certFile=` and `&keyFile=` what this side shows; all are PEM and read here. `redis-sentinel` and `redis-cluster` are
 * taken as well, `?family=4|6` keeps to one kind of address.
 * @throws RedisUrlError
 */
export function redisTarget(url: string): RedisTarget {
  const match = FORM.exec(url);
  if (!match) {
    throw new RedisUrlError(
      'must look like redis://host:6379, redis+sentinel://host:26379/name or redis+cluster://host',
    );
  }
  const [, scheme = '', mode, credentials, hosts = '', path = '', query = ''] = match;
  const kind = (mode?.toLowerCase() ?? 'single') as RedisTarget['kind'];
  const nodes = hosts.split(',').map((host) => readHost(host, kind === 'sentinel' ? 26_379 : 6_379));
  const options = readOptions(query);
  const tls = scheme.toLowerCase() === 'rediss' ? readTls(options) : refuseFiles(options);
  const segments = path.split('/').filter((segment) => segment !== '');
  const name = kind === 'sentinel' ? decode(segments.shift() ?? '') : null;
  if (name === '') throw new RedisUrlError("must name the sentinels' master: redis+sentinel://host:26379/name");
  if (segments.length > 1) throw new RedisUrlError('has too many parts after the host');
  const db = readDatabase(segments[0] ?? '0');
  if (kind === 'cluster' && db !== 0) throw new RedisUrlError('must not name a database: a Cluster has only 0');
  if (kind === 'single' && nodes.length > 1) {
    throw new RedisUrlError('names several hosts: say redis+sentinel:// or redis+cluster://');
  }

  const access = {
    ...readCredentials(credentials),
    ...(tls ? { tls } : {}),
    // Sentinels have a connector of their own.
    ...(tls && kind !== 'sentinel' ? { Connector: TlsConnector } : {}),
    ...(options.family ? { family: options.family } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // Redis before 7.2 does not know it and would count an error for every connection.
    disableClientInfo: true,
  };
  const own = { enableOfflineQueue: false, lazyConnect: true };
  const sentinel = {
    name: name ?? undefined,
    sentinels: nodes,
    sentinelUsername: options.sentinelUsername,
    sentinelPassword: options.sentinelPassword,
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: () => null,
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
  };

  return {
    kind,
    label: `${scheme}${mode ? `+${mode}` : ''}://${nodes.map(show).join(',')}${name ? `/${name}` : ''}${db ? `/${db}` : ''}`,
    open({ name: connectionName, commandTimeoutMs: commandTimeout }) {
      const settings = { ...access, connectionName, commandTimeout };
      if (kind === 'cluster') {
        return new Cluster(nodes, {
          ...own,
          redisOptions: settings,
          clusterRetryStrategy: () => null,
          maxRedirections: 4,
          shardedSubscribers: true,
          // A certificate names hosts, so TLS must not be given looked-up addresses.
          ...(tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
        });
      }
      const place = kind === 'sentinel' ? sentinel : nodes[0];
      return new Redis({ ...settings, ...own, ...place, db, retryStrategy: () => null });
    },
  };
}

interface Node {
  readonly host: string;
  readonly port: number;
}

function readHost(text: string, defaultPort: number): Node {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text.trim());
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (!match || port < 1 || port > 65_535) throw new RedisUrlError('has a host that can not be read');
  return { host: match[1] ?? match[2]!, port };
}

function readCredentials(text: string | undefined): { username?: string; password?: string } {
  if (!text) return {};
  const colon = text.indexOf(':');
  const username = decode(colon === -1 ? text : text.slice(0, colon));
  const password = colon === -1 ? '' : decode(text.slice(colon + 1));
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

function readOptions(query: string): Options {
  // As in the rest of the URL, a plus is a plus: passwords and paths have some.
  const given = new URLSearchParams(query.replaceAll('+', '%2B'));
  for (const option of given.keys()) {
    if (!OPTIONS.has(option)) throw new RedisUrlError(`has an unknown option; known are ${[...OPTIONS].join(', ')}`);
  }
  const family = given.get('family');
  if (family !== null && family !== '4' && family !== '6') throw new RedisUrlError('has a family other than 4 and 6');
  return {
    ...(family ? { family: family === '4' ? 4 : 6 } : {}),
    sentinelUsername: given.get('sentinelUsername') ?? undefined,
    sentinelPassword: given.get('sentinelPassword') ?? undefined,
    caFile: given.get('caFile') ?? undefined,
    certFile: given.get('certFile') ?? undefined,
    keyFile: given.get('keyFile') ?? undefined,
  };
}

interface Options {
  readonly family?: 4 | 6;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

function readTls({ caFile, certFile, keyFile }: Options): SecureContextOptions {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new RedisUrlError('must have certFile and keyFile together');
  }
  const tls = {
    ...(caFile === undefined ? {} : { ca: readFile('caFile', caFile) }),
    ...(certFile === undefined ? {} : { cert: readFile('certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: readFile('keyFile', keyFile) }),
  };
  const fault = certificateFault(tls);
  if (fault !== undefined) throw new RedisUrlError(`has certificates that can not be used: ${fault}`);
  return tls;
}

/** Their owner takes the connection for an encrypted one. */
function refuseFiles({ caFile, certFile, keyFile }: Options): null {
  if (caFile ?? certFile ?? keyFile)
    throw new RedisUrlError('names certificates, and only rediss:// has a use for them');
  return null;
}

function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new RedisUrlError(`has a ${option} that can not be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function readDatabase(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new RedisUrlError('has a database that is not a number');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('has a percent sign that is no percent-encoding');
  }
}

function show({ host, port }: Node): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

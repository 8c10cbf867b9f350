import { connect, createServer, type Server, type Socket } from 'node:net';
import { type ProxyMode, pump } from './proxy-pump.ts';

export interface TcpProxy {
  port: number;
  /** `url` with this proxy as its host and port. */
  through(url: string): string;
  /** Everything goes through at once; listens again after `refuse`. */
  pass(): Promise<void>;
  /** Every chunk arrives `ms` later, either way. */
  delay(ms: number): void;
  /** Bytes a second, for each direction of each connection. */
  throttle(bytesPerSecond: number): void;
  /**
   * Half-open: connections stay and new ones are accepted, and whatever is sent vanishes. One that lost something is reset
   * by what is sent after that.
   */
  blackHole(): void;
  /**
   * What is sent to the target arrives, and its answers vanish, on each connection from the first chunk on for which `from`
   * holds. @param from default: any
   */
  mute(from?: (sent: Buffer) => boolean): void;
  /** Resets all connections; new ones are treated as before. */
  cut(): void;
  /** New connections are refused; with `cut` it is as if the target's machine had restarted. */
  refuse(): Promise<void>;
  /** Client connections that are open now. */
  readonly connections: number;
  /** Ends it all. */
  close(): Promise<void>;
}

/**
 * A place between client and server where the network can be broken on purpose. It listens on a free port of 127.0.0.1.
 *
 * @param options.target a URL, a port of 127.0.0.1, or host and port
 */
export async function tcpProxy(options: {
  target: string | number | { host: string; port: number };
}): Promise<TcpProxy> {
  const target = placeOf(options.target);
  const pairs = new Set<{ client: Socket; upstream: Socket }>();
  let mode: ProxyMode = { kind: 'pass' };
  let mutes: ((sent: Buffer) => boolean) | null = null;

  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    const pair = { client, upstream };
    pairs.add(pair);
    const currentMode = () => mode;
    let muted = false;
    client.on('data', (chunk: Buffer) => {
      muted ||= mutes?.(chunk) === true;
    });
    pump(client, upstream, currentMode);
    pump(upstream, client, () => (muted && mutes ? { kind: 'blackHole' } : mode));
    const forget = () => {
      if (client.closed && upstream.closed) pairs.delete(pair);
    };
    client.once('close', forget);
    upstream.once('close', forget);
  });
  const listening = await listen(server, 0);

  const proxy: TcpProxy = {
    port: listening,
    through(url) {
      const at = new URL(url);
      at.hostname = '127.0.0.1';
      at.port = String(listening);
      return at.href;
    },
    async pass() {
      mode = { kind: 'pass' };
      mutes = null;
      if (!server.listening) await listen(server, listening);
    },
    delay(ms) {
      mode = { kind: 'delay', ms };
    },
    throttle(bytesPerSecond) {
      mode = { kind: 'throttle', bytesPerSecond };
    },
    blackHole() {
      mode = { kind: 'blackHole' };
    },
    mute(from = () => true) {
      mutes = from;
    },
    cut() {
      for (const { client, upstream } of pairs) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
      pairs.clear();
    },
    async refuse() {
      // Node's `close` waits for connections to end; listening stops at once all the same.
      if (server.listening) server.close();
    },
    get connections() {
      return [...pairs].filter(({ client }) => !client.closed).length;
    },
    async close() {
      const closed = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : undefined;
      proxy.cut();
      await closed;
    },
  };
  return proxy;
}

function placeOf(target: string | number | { host: string; port: number }): { host: string; port: number } {
  if (typeof target === 'number') return { host: '127.0.0.1', port: target };
  if (typeof target !== 'string') return target;
  const { hostname, port, protocol } = new URL(target);
  const usual: Record<string, number> = { 'postgresql:': 5432, 'postgres:': 5432, 'redis:': 6379, 'https:': 443 };
  return { host: hostname, port: Number(port) || (usual[protocol] ?? 80) };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

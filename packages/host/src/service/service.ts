import { setTimeout as sleep } from 'node:timers/promises';
import { drainNoticeMs } from '../http/announce-draining.ts';
import type { Http } from '../http/http.ts';
import type { ServiceParts } from './service-parts.ts';
import { createSettle, type Settle } from './settle.ts';

/** A service of this process, wired. */
export interface Service {
  readonly app: Http;
  /** Begins its work and listens. @returns the port, which is another than the environment's when that is 0 */
  start(): Promise<number>;
  /** Drains, finishes what was accepted, closes everything. */
  stop(): Promise<void>;
}

/** What a service adds to starting and stopping. */
export interface ServiceLifecycle {
  readonly port: number;
  /** More fields of the log line of the start. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** What begins before the first connection is taken. */
  begin(): Promise<void> | void;
  onListening?(port: number): void;
  /**
   * What ends once balancers know, in its order.
   *
   * @param leftMs of `DRAIN_MS`
   */
  end(settle: Settle, leftMs: number): Promise<void>;
}

/** Connections that may wait to be accepted: a storm brings more at once than Node's 511. */
const CONNECT_BACKLOG = 4_096;

/** How every service starts and stops; `/readyz` follows. */
export function createService(
  { env, log, phase }: ServiceParts,
  app: Http,
  { port: wanted, facts = {}, begin, onListening, end }: ServiceLifecycle,
): Service {
  return {
    app,
    async start() {
      await begin();
      await app.listen({ port: wanted, host: env.HOST, backlog: CONNECT_BACKLOG });
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : wanted;
      onListening?.(port);
      phase.current = 'ready';
      log.info({ event: 'service.started', port, ...facts }, 'service started');
      return port;
    },
    async stop() {
      phase.current = 'draining';
      const settle = createSettle(log);
      const noticeMs = drainNoticeMs(env.DRAIN_MS);
      await sleep(noticeMs);
      await end(settle, env.DRAIN_MS - noticeMs);
      log.info({ event: 'service.stopped' }, 'service stopped');
    },
  };
}

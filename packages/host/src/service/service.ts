import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Http } from '../http/http.ts';
import type { Logger } from '../log.ts';
import type { ServiceParts } from './service-parts.ts';

/** A service of this process, wired. */
export interface Service {
  readonly app: Http;
  /** Begins its work and listens. @returns the port, which is another than the environment's when that is 0 */
  start(): Promise<number>;
  /** Drains, finishes what was accepted, closes everything. */
  stop(): Promise<void>;
}

/** Waits for one step of stopping, until the moment (milliseconds after the start) at which it is given up. */
export type Settle = (step: string, work: Promise<unknown>, untilMs: number) => Promise<void>;

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
/**
 * Most milliseconds in which a service that stops still takes connections, a tenth of `DRAIN_MS` otherwise: balancers hear
 * from `/readyz` that it goes instead of running into a closed port, and each answer ends its connection.
 */
const NOTICE_MS = 2_000;

/** How every service starts and stops; `/readyz` follows. */
export function createService(
  { env, log, clock, phase }: ServiceParts,
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
      const settle = createSettle(log, clock);
      const noticeMs = Math.min(NOTICE_MS, env.DRAIN_MS / 10);
      await sleep(noticeMs);
      await end(settle, env.DRAIN_MS - noticeMs);
      log.info({ event: 'service.stopped' }, 'service stopped');
    },
  };
}

/**
 * Steps of stopping that must not hold the process: a database that hangs never answers, and never closes a connection
 * either. A step that fails or takes too long is one line in the log, and the next one has its turn.
 */
function createSettle(log: Logger, clock: Clock): Settle {
  const began = clock.monotonic();
  return async (step, work, untilMs) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, began + untilMs - clock.monotonic()), 'late');
    });
    try {
      if ((await Promise.race([work, late])) === 'late') log.warn({ step }, 'a step of stopping was given up');
    } catch (err) {
      log.warn({ step, err }, 'a step of stopping was given up');
    } finally {
      clearTimeout(timer);
      work.catch(() => {});
    }
  };
}

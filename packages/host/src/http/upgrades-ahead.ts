import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type CallerAddresses, createCallerAddresses } from './caller-addresses.ts';
import { faultOfHead } from './fault-of-head.ts';
import { requestIdOf } from './observe/trace.ts';
import { HttpServer, type TakeUpgrade } from './server/http-server.ts';

/** What hooks of the app would have found out about a request. */
export interface Caller extends CallerAddresses {
  readonly id: string;
}

/** Upgrades that somebody takes before the app sees them. */
export interface UpgradesAhead {
  takeBy(take: TakeUpgrade): void;
  /** Null: what the app has to say about its head comes first. */
  callerOf(request: IncomingMessage): Caller | null;
}

/**
 * Lets upgrades go past the routes of an app of `createHttp`.
 *
 * @param trustProxy as the app has it
 */
export function createUpgradesAhead(app: FastifyInstance, trustProxy: boolean | string[]): UpgradesAhead {
  const addressesOf = createCallerAddresses(trustProxy);
  return {
    takeBy(take) {
      if (app.server instanceof HttpServer) app.server.takeUpgradesBy(take);
    },
    callerOf: (request) => (faultOfHead(request) ? null : { id: requestIdOf(request), ...addressesOf(request) }),
  };
}

import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import type { FastifyInstance } from 'fastify';
import { faultOfHead } from './fault-of-head.ts';
import { plainForwardedFor } from './forwarded-for.ts';
import { requestIdOf } from './observe/trace.ts';
import { HttpServer, type TakeUpgrade } from './server/http-server.ts';

/** As Fastify's requests have them: `ip` is who called, `ips` is there with TRUST_PROXY only, nearest first. */
interface CallerAddresses {
  readonly ip: string;
  readonly ips?: string[];
}

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

/**
 * Where a request comes from, for those that go past Fastify's routes; by the library that Fastify asks.
 *
 * @param trustProxy whose `X-Forwarded-For` is believed: `envFields.trustProxy`
 */
function createCallerAddresses(trustProxy: boolean | string[]): (request: IncomingMessage) => CallerAddresses {
  if (trustProxy === false) return ({ socket }) => ({ ip: socket.remoteAddress ?? '' });
  const isTrusted = trustProxy === true ? () => true : proxyAddress.compile(trustProxy);
  return ({ headers, socket }) => {
    // Node joins repeated ones; its types don't know.
    const forwarded = plainForwardedFor(String(headers['x-forwarded-for'] ?? ''));
    const plain = { socket, headers: forwarded === '' ? {} : { 'x-forwarded-for': forwarded } } as IncomingMessage;
    const ips = proxyAddress.all(plain, isTrusted);
    return { ip: ips.at(-1) ?? '', ips };
  };
}

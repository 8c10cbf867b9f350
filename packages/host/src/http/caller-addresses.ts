import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import { plainForwardedFor } from './forwarded-for.ts';

/** As Fastify's requests have them: `ip` is who called, `ips` is there with TRUST_PROXY only, nearest first. */
export interface CallerAddresses {
  readonly ip: string;
  readonly ips?: string[];
}

/**
 * Where a request comes from, for those that go past Fastify's routes; by the library that Fastify asks.
 *
 * @param trustProxy whose `X-Forwarded-For` is believed: `envFields.trustProxy`
 */
export function createCallerAddresses(trustProxy: boolean | string[]): (request: IncomingMessage) => CallerAddresses {
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

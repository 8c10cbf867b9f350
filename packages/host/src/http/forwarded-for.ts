import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** `[address]`, with or without a port. Some proxies quote it, as the header `Forwarded` wants it. */
const BRACKETED = /^\[([^\][]*)\](?::[0-9]{0,5})?$/;
/** An IPv4 address with a port; an IPv6 address with one needs brackets. */
const WITH_PORT = /^([0-9.]+):[0-9]{0,5}$/;
/** More proxies are in nobody's way, but a client may write as many addresses as a header takes. */
const HOPS_MAX = 64;
/** How an IPv4 address stands in IPv6, as URLs write it. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * An address as one text, whoever wrote it: without port, brackets, quotes and zone, IPv6 short and in lower case, an
 * IPv4 address in IPv6 (`::ffff:203.0.113.5`) as what it is. Undefined: it is none (`unknown`, a name, junk).
 */
export function plainAddress(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const host = BRACKETED.exec(bare)?.[1] ?? WITH_PORT.exec(bare)?.[1] ?? bare;
  const address = host.split('%', 1)[0]!;
  const family = isIP(address);
  if (family === 0) return undefined;
  if (family === 4) return host === address ? address : undefined;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(short);
  if (!mapped) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * `X-Forwarded-For` as plain addresses. It is read from its end, where the nearest proxy wrote, and what stands before
 * something that is no address is left out: nobody knows who wrote that, and the last known hop is who called.
 */
export function plainForwardedFor(header: string): string {
  const addresses: string[] = [];
  for (const part of header.split(',').slice(-HOPS_MAX).reverse()) {
    if (part.trim() === '') continue;
    const address = plainAddress(part);
    if (address === undefined) break;
    addresses.push(address);
  }
  return addresses.reverse().join(', ');
}

/**
 * Makes `request.ip` an address whatever proxies write (`203.0.113.5:4711`, `[2001:db8::1]:4711`): what compares it with
 * `TRUST_PROXY`, counts by it or logs it needs no eye for ports. Before the first hook that asks for it, sockets' too.
 */
export function readForwardedFor(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    const header = raw.headers['x-forwarded-for'];
    if (header === undefined) return;
    // Node joins repeated ones; its types don't know.
    const plain = plainForwardedFor(String(header));
    if (plain === '') delete raw.headers['x-forwarded-for'];
    else raw.headers['x-forwarded-for'] = plain;
  });
}

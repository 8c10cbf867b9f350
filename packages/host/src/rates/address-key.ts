import type { FastifyRequest } from 'fastify';
import { clientAddress } from '../http/client-address.ts';

/**
 * What one client's address is counted by: an IPv4 address, or the /64 of an IPv6 one, as a subscriber has all of it.
 * Null where the address may be everybody's: see {@link clientAddress}.
 */
export function addressKey(request: Pick<FastifyRequest, 'ip' | 'ips'>): string | null {
  const address = clientAddress(request);
  if (!address?.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - groups.length - last.length;
  return `${[...groups, ...Array<string>(missing).fill('0'), ...last].slice(0, 4).join(':')}::/64`;
}

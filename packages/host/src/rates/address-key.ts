import type { FastifyRequest } from 'fastify';
import { clientAddress } from '../http/client-address.ts';
import { subnetOf } from './subnet.ts';

/**
 * What one client's address is counted by: an IPv4 address, or the /64 of an IPv6 one. Null where the address may be
 * everybody's: see {@link clientAddress}.
 */
export function addressKey(request: Pick<FastifyRequest, 'ip' | 'ips'>): string | null {
  const address = clientAddress(request);
  return address === null ? null : subnetOf(address);
}

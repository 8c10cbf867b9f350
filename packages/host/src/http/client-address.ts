import { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from './forwarded-for.ts';

/**
 * Networks from which no client on the internet calls: who calls from there may be a proxy for everybody. IPv4 by hand:
 * BlockList makes an object for each look, which was one in ninety of what a socket's opening costs.
 */
const NOT_PUBLIC = new BlockList();
NOT_PUBLIC.addSubnet('::', 127, 'ipv6');
NOT_PUBLIC.addSubnet('fc00::', 7, 'ipv6');
NOT_PUBLIC.addSubnet('fe80::', 10, 'ipv6');

function isPublic(address: string): boolean {
  if (address.includes(':')) return !NOT_PUBLIC.check(address, 'ipv6');
  const [first, second] = address.split('.', 2).map(Number) as [number, number];
  if (first === 0 || first === 10 || first === 127) return false;
  if (first === 100) return second < 64 || second > 127;
  if (first === 169) return second !== 254;
  if (first === 172) return second < 16 || second > 31;
  return first !== 192 || second !== 168;
}

/**
 * The address of one client, where it is known: what a trusted proxy says (`TRUST_PROXY`), or a peer on the internet.
 * Null where it may be everybody's: a private peer that forwards for others, or is asked not to be believed. Plain
 * (`plainAddress`), so that it can be counted by.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'ips'>): string | null {
  const address = plainAddress(request.ip);
  if (address === undefined) return null;
  // The first one is the peer itself; `ips` is there with TRUST_PROXY only.
  if ((request.ips?.length ?? 0) > 1) return address;
  return isPublic(address) ? address : null;
}

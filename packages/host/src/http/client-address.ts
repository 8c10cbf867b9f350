import { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from './forwarded-for.ts';

/** Networks from which no client on the internet calls: who calls from there may be a proxy for everybody. */
const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  NOT_PUBLIC.addSubnet(network, bits, 'ipv6');
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
  return NOT_PUBLIC.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ? null : address;
}

import type { FastifyRequest } from 'fastify';
import type { Peer } from './socket.ts';

/** Where a request comes from, as far as TRUST_PROXY lets it be known. */
export function peerOf({ ip, ips }: Pick<FastifyRequest, 'ip' | 'ips'>): Peer {
  return { address: ip, ...(ips ? { hops: ips } : {}) };
}

import type { FastifyRequest } from 'fastify';
import type { Peer } from './socket.ts';

/** Where a request comes from, as far as TRUST_PROXY lets it be known. */
export function peerOf(request: FastifyRequest): Peer {
  return { address: request.ip, ...(request.ips ? { hops: request.ips } : {}) };
}

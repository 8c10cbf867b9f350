import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';

/** What a socket's opening asks of its request: Fastify's, or one that goes past the routes. */
export type UpgradeRequest = Pick<FastifyRequest, 'id' | 'headers' | 'url' | 'ip' | 'ips'> & {
  readonly raw: IncomingMessage;
  /** Where the URL has some. */
  readonly params?: unknown;
};

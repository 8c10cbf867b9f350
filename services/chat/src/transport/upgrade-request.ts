import type { IncomingMessage } from 'node:http';
import { type CallerAddresses, requestIdOf } from '@gongu/host';
import type { FastifyRequest } from 'fastify';

/** What a socket's opening asks of its request: Fastify's, or one that goes past the routes. */
export type UpgradeRequest = Pick<FastifyRequest, 'id' | 'headers' | 'url' | 'ip' | 'ips'> & {
  readonly raw: IncomingMessage;
  /** Where the URL has some. */
  readonly params?: unknown;
};

/** An upgrade as it came. */
export class DirectRequest implements UpgradeRequest {
  readonly raw: IncomingMessage;
  readonly id: string;
  readonly ip: string;
  readonly ips?: string[];

  constructor(raw: IncomingMessage, { ip, ips }: CallerAddresses) {
    this.raw = raw;
    this.id = requestIdOf(raw);
    this.ip = ip;
    if (ips) this.ips = ips;
  }

  get headers(): IncomingMessage['headers'] {
    return this.raw.headers;
  }

  get url(): string {
    return this.raw.url!;
  }
}

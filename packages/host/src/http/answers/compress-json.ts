import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Bytes of a body: a smaller one goes in as many packets as it is. */
const LEAST_BYTES = 1_024;
/** Of nine. A page of 24 products, 14 kB: 0.10 ms and 1.9 kB; at the sixth 0.17 ms and 1.8 kB. */
const LEVEL = 3;

const compress = promisify(gzip);

/**
 * Compresses what is JSON and large enough for whoever takes gzip. Another thread does it. An answer with an entity tag goes
 * as it is: its tag is that of these bytes (RFC 9110 §8.8.3), and is sent back in `If-Match`.
 */
export function compressJson(app: FastifyInstance): void {
  app.addHook('onSend', async ({ headers }, reply, payload) => {
    if (typeof payload !== 'string' || payload.length < LEAST_BYTES || !isJson(reply)) return payload;
    if (reply.hasHeader('content-encoding') || reply.hasHeader('etag')) return payload;
    addVary(reply);
    if (!takesGzip(headers['accept-encoding'])) return payload;
    reply.header('content-encoding', 'gzip');
    return compress(payload, { level: LEVEL });
  });
}

function isJson(reply: FastifyReply): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/.test(String(reply.getHeader('content-type') ?? ''));
}

function addVary(reply: FastifyReply): void {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? 'Accept-Encoding' : `${String(before)}, Accept-Encoding`);
}

/** RFC 9110 §12.5.3: what is named goes before `*`, and `q=0` is a refusal. */
function takesGzip(accepted: string | string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const part of String(accepted ?? '').split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((text) => text.startsWith('q='));
    weights.set(coding === 'x-gzip' ? 'gzip' : coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

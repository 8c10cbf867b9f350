import type { IncomingMessage } from 'node:http';
import { AppError } from '@gongu/shared';

/** What Node would refuse by itself without a word, or take though nobody can say what is meant. */
export function faultOfHead({ httpVersion, headers, rawHeaders }: IncomingMessage): AppError | undefined {
  if (httpVersion !== '1.1') return undefined;
  // RFC 9112 §3.2
  if (headers.host === undefined || countOf('host', rawHeaders) > 1) {
    const message = 'must be there once in a request of HTTP/1.1';
    return new AppError('VALIDATION_FAILED', { detail: `Host ${message}`, errors: [{ path: 'host', message }] });
  }
  const { expect } = headers;
  // RFC 9110 §10.1.1, as broadly as Node takes it.
  if (expect !== undefined && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect)) return new AppError('EXPECTATION_FAILED');
  return undefined;
}

/** How often a header is there. `rawHeaders`: names and values by turns. */
function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const one = rawHeaders[i]!;
    if (one.length === name.length && one.toLowerCase() === name) count++;
  }
  return count;
}

import type { Duplex } from 'node:stream';
import { AppError, problemOf } from '@gongu/shared';
import { requestIdOf } from '../observe/trace.ts';
import { REQUEST_TIMED_OUT } from '../server/http-server.ts';
import { METHODS } from './allowed-methods.ts';
import { problemHeaders } from './error-answers.ts';

/** Milliseconds in which a connection that was refused can read why. */
const REFUSED_MS = 1_000;

/** What Node's parser says of a request that it can't read. */
interface ParserError extends Error {
  readonly code?: string;
  /** The Buffer that came, and at which byte of it the parser stopped. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
}

/** Answers what Node could not read as HTTP: there is no request yet, only a socket. */
export function answerBrokenRequest(error: ParserError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else if (isUnknownMethod(error)) answerRaw(socket, new AppError('METHOD_NOT_ALLOWED'), ALLOW);
  else answerRaw(socket, brokenRequest(error.code));
}

function brokenRequest(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('TOO_LARGE', { detail: 'The headers are too large' });
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new AppError('TOO_LARGE', { detail: 'The extensions of a chunk are too large' });
  }
  if (code === REQUEST_TIMED_OUT) return new AppError('REQUEST_TIMEOUT');
  return new AppError('VALIDATION_FAILED', { detail: 'This is not HTTP' });
}

const ALLOW = { allow: METHODS.join(', ') };
/** RFC 9112 §3, with any method. */
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^\s]+ HTTP\/1\.[01]\r?$/;

/** Whether a request is HTTP but for its method, which the parser does not know: which it knows depends on Node. */
function isUnknownMethod({ code, rawPacket, bytesParsed }: ParserError): boolean {
  if (code !== 'HPE_INVALID_METHOD' || !Buffer.isBuffer(rawPacket) || bytesParsed === undefined) return false;
  const start = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf(0x0a, bytesParsed - 1) + 1;
  const end = rawPacket.indexOf(0x0a, start);
  return end !== -1 && REQUEST_LINE.test(rawPacket.toString('latin1', start, end));
}

/** Answers a connection that is one too many, or a CONNECT, and ends it. */
export function answerRefused(socket: Duplex, why: 'full' | 'connect'): void {
  if (why === 'full') {
    answerRaw(socket, new AppError('UNAVAILABLE', { detail: 'This instance has all the connections that it takes' }));
  } else answerRaw(socket, new AppError('METHOD_NOT_ALLOWED', { detail: 'This is no proxy' }), ALLOW);
}

/** Answers on a connection for which nobody else speaks any more, and ends it. `more`: headers beside those of every problem. */
function answerRaw(socket: Duplex, error: AppError, more: Readonly<Record<string, string>> = {}): void {
  const requestId = requestIdOf({ headers: {} });
  const problem = problemOf(error, requestId);
  const body = JSON.stringify(problem);
  const headers = {
    ...problemHeaders(error),
    ...more,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // What is closed with something unread in it is reset, and the answer lost. Nobody else wants what comes.
  socket.removeAllListeners('data').on('data', () => {});
  socket.resume();
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${head.join('')}\r\n${body}`);
  // By the clock: a limit of silence would let a client stay that sends a byte now and then.
  const timer = setTimeout(() => socket.destroy(), REFUSED_MS);
  socket.once('close', () => clearTimeout(timer));
}

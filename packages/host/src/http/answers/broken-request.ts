import type { Socket } from 'node:net';
import { AppError, problemOf } from '@gongu/shared';
import { requestIdOf } from '../observe/trace.ts';
import { problemHeaders } from './error-answers.ts';

/** Answers what Node could not read as HTTP: there is no request yet, only a socket. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const problem =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? new AppError('TOO_LARGE', { detail: 'The headers are too large' })
        : new AppError('VALIDATION_FAILED', {
            detail: error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'The request took too long' : 'This is not HTTP',
          });
    const requestId = requestIdOf({ headers: {} });
    const body = JSON.stringify(problemOf(problem, requestId));
    const headers = {
      ...problemHeaders(problem),
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      'x-request-id': requestId,
      connection: 'close',
    };
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${problem.status} ${problemOf(problem).title}\r\n${head.join('')}\r\n${body}`);
  }
  socket.destroySoon();
}

import { hush, type Logger, toAppError } from '@gongu/host';
import type { ErrorCode } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { presentedToken } from '../transport/presented-token.ts';
import { pathOf, queryOf } from '../transport/request-url.ts';
import type { Hello } from '../transport/socket.ts';
import { type Full, NotAdmitted } from './admission.ts';

/** Milliseconds between two lines about handshakes that were not admitted for the same reason. */
const LINE_MS = 1_000;

export interface HandshakeLogOptions {
  readonly log: Logger;
  readonly now: () => number;
  readonly onAccepted: () => void;
  /** Hears of each refusal: a reason of admission, else the error's code. */
  readonly onRefused: (reason: Full | ErrorCode) => void;
}

/**
 * One line for each handshake. Of those that were not admitted, which come by the thousand, one a second and reason,
 * with the number of those since the line before.
 */
export function createHandshakeLog({ log, now, onAccepted, onRefused }: HandshakeLogOptions) {
  const lines = new Map<string, { at: number; unlogged: number }>();

  function rejected(request: FastifyRequest, error: unknown): void {
    const { code, detail } = toAppError(error);
    const reason = error instanceof NotAdmitted ? error.reason : code;
    onRefused(reason);
    const fields = {
      ...{ event: 'handshake.rejected', code, reason, detail },
      ...{ path: pathOf(request), address: request.ip, origin: request.headers.origin },
      tokenPresent: presentedToken(request.headers, queryOf(request)) !== null,
      requestId: request.id,
    };
    if (!(error instanceof NotAdmitted)) return log.warn(fields, 'handshake rejected');
    hush(request);
    const last = lines.get(reason);
    if (last && now() - last.at < LINE_MS) {
      last.unlogged++;
      return;
    }
    lines.set(reason, { at: now(), unlogged: 0 });
    log.warn({ ...fields, unlogged: last?.unlogged ?? 0 }, 'handshake rejected');
  }

  return {
    rejected,
    accepted({ connectionId, hello }: { connectionId: string; hello: Hello }): void {
      onAccepted();
      const { path, subprotocol, user, tokenPresent, peer, requestId } = hello;
      const fields = { connectionId, userId: user?.userId ?? null, path, subprotocol, address: peer.address };
      log.info({ event: 'handshake.accepted', ...fields, tokenPresent, requestId }, 'handshake accepted');
    },
  };
}

export type HandshakeLog = ReturnType<typeof createHandshakeLog>;

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { presentedToken } from '../presented-token.ts';
import { queryOf } from '../request-url.ts';
import type { Identity } from '../socket.ts';
import type { SockJsSession } from './session.ts';

interface Entry {
  readonly session: SockJsSession;
  /** What the request presented that opened the session; kept as it came, never logged. */
  readonly credential: string;
  readonly userId: string | null;
  /** Who it was opened by, where it presented nothing: {@link clientOf}. */
  readonly client: string | null;
}

export interface SockJsSessionsOptions {
  readonly identified: (request: FastifyRequest) => Promise<Identity | null>;
  /** The address of a request's client; null where it may be that of many, or change from request to request. */
  readonly addressOf: (request: FastifyRequest) => string | null;
}

/** The polling and streaming sessions of one mounted SockJS, by the ids that their clients chose. */
export function createSockJsSessions({ identified, addressOf }: SockJsSessionsOptions) {
  const entries = new Map<string, Entry>();
  /** Openings on their way: a second request for the same id waits for the first. */
  const opening = new Map<string, Promise<unknown>>();

  /**
   * What stays the same from one request of a client to the next, behind any balancer: its program, and its address where
   * a trusted proxy tells that. Not the origin, which some requests have and some not, and no cookie, which other origins
   * may not set.
   */
  function clientOf(request: FastifyRequest): string {
    const said = JSON.stringify([addressOf(request), request.headers['user-agent'] ?? '']);
    return createHash('sha256').update(said).digest('base64url');
  }

  return {
    clientOf,
    find: (sessionId: string): SockJsSession | undefined => entries.get(sessionId)?.session,
    add(sessionId: string, request: FastifyRequest, user: Identity | null, session: SockJsSession): void {
      const credential = credentialOf(request);
      const client = credential === '' ? clientOf(request) : null;
      entries.set(sessionId, { session, credential, userId: user?.userId ?? null, client });
    },
    delete(sessionId: string): void {
      entries.delete(sessionId);
    },
    all: (): SockJsSession[] => [...entries.values()].map((entry) => entry.session),

    /** Runs openings of one id one after the other. */
    async inTurn<T>(sessionId: string, open: () => Promise<T>): Promise<T> {
      for (let before = opening.get(sessionId); before; before = opening.get(sessionId)) await before;
      const mine = open().finally(() => opening.delete(sessionId));
      opening.set(
        sessionId,
        mine.catch(() => {}),
      );
      return mine;
    },

    /**
     * Whether a request comes from the session's client. What opened it opens it again, without being looked at: a ticket
     * is good once only, and a token may expire, which is for the session to say. Where nothing opened it, its id alone
     * does not do.
     *
     * @param passedOn what {@link clientOf} was at the instance that passed the request on; undefined: it does not say
     */
    async isClient(
      sessionId: string,
      request: FastifyRequest,
      passedOn?: { client: string | undefined },
    ): Promise<boolean> {
      const entry = entries.get(sessionId);
      if (!entry) return true;
      if (entry.credential === credentialOf(request)) {
        const client = passedOn ? passedOn.client : clientOf(request);
        return entry.client === null || client === undefined || client === entry.client;
      }
      const user = await identified(request);
      return (user?.userId ?? null) === entry.userId;
    },
  };
}

function credentialOf(request: FastifyRequest): string {
  const presented = presentedToken(request.headers, queryOf(request));
  return presented ? `${presented.kind}:${presented.value}` : '';
}

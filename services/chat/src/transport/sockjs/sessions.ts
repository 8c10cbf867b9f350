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
}

/** The polling and streaming sessions of one mounted SockJS, by the ids that their clients chose. */
export function createSockJsSessions(identified: (request: FastifyRequest) => Promise<Identity | null>) {
  const entries = new Map<string, Entry>();
  /** Openings on their way: a second request for the same id waits for the first. */
  const opening = new Map<string, Promise<unknown>>();

  return {
    find: (sessionId: string): SockJsSession | undefined => entries.get(sessionId)?.session,
    add(sessionId: string, request: FastifyRequest, user: Identity | null, session: SockJsSession): void {
      entries.set(sessionId, { session, credential: credentialOf(request), userId: user?.userId ?? null });
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
     * Whether a request comes from the session's user. What opened it opens it again, without being looked at: a ticket
     * is good once only, and a token may expire, which is for the session to say.
     */
    async sameUser(sessionId: string, request: FastifyRequest): Promise<boolean> {
      const entry = entries.get(sessionId);
      if (!entry || entry.credential === credentialOf(request)) return true;
      const user = await identified(request);
      return (user?.userId ?? null) === entry.userId;
    },
  };
}

function credentialOf(request: FastifyRequest): string {
  const presented = presentedToken(request.headers, queryOf(request));
  return presented ? `${presented.kind}:${presented.value}` : '';
}

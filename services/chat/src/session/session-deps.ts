import type { AppError, User } from '@gongu/shared';
import type { Asked } from '../protocol/codec.ts';
import type { Dispatch } from './dispatch.ts';
import type { Session } from './session.ts';
import type { SessionLimits } from './session-limits.ts';
import type { SessionLog } from './session-log.ts';

export interface SessionDeps {
  readonly dispatch: Dispatch;
  /** An error of whatever origin in the words of the table: INTERNAL where nobody foresaw it. */
  readonly toAppError: (error: unknown) => AppError;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
  readonly authenticate: (token: string) => Promise<User>;
  readonly limits: SessionLimits;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: SessionLog;
  /** Called once when the connection is over. */
  readonly over: (session: Session) => void;
}

/** What a session does by itself once its user is known. */
export interface SessionOpening {
  /** The token of the anonymous identity that the socket was given: the client is told it first. */
  readonly identityToken?: string | undefined;
  /** Commands that the URL stands for. */
  readonly commands?: readonly Asked[];
}

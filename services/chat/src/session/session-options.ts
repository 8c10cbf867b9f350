import type { AppError, ErrorCode, User } from '@gongu/shared';
import type { Hub } from '../hub/hub.ts';
import type { Overview } from '../hub/overview/overview.ts';
import type { Asked, Protocol } from '../protocol/codec.ts';
import type { Peer } from '../transport/socket.ts';
import type { Commands } from './commands/commands.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { Leaving } from './leaving.ts';
import type { Promote } from './promotion.ts';
import type { OpenSession } from './sessions.ts';

/** What all sessions of an instance have in common. */
export interface SessionOptions {
  readonly commands: Commands;
  readonly hub: Pick<Hub, 'resume' | 'behindAt'>;
  readonly overview: Pick<Overview, 'retell'>;
  readonly connections: Pick<ConnectionWatch, 'watch'>;
  readonly leaving: Leaving;
  readonly promote: Promote;
  /** An error of whatever origin in the words of the table: INTERNAL where nobody foresaw it. */
  readonly toAppError: (error: unknown) => AppError;
  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, UNAVAILABLE */
  readonly authenticate: (token: string) => Promise<User>;
  /** What an open session's user is refused with by now; null for nothing. */
  readonly refusalOf: (user: User) => AppError | null;
  readonly limits: SessionLimits;
  /** What one socket may send, from that moment on. */
  readonly newFrameBudget: (nowMs: number) => FrameBudget;
  /** What a client without an account is counted by; null where its address may be everybody's. */
  readonly addressKey: (peer: Peer) => string | null;
  /** Epoch milliseconds; for what clients are told, and for the end of tokens. */
  readonly now: () => number;
  /** For durations: milliseconds, of any origin, that never go back. */
  readonly monotonic: () => number;
  readonly log: SessionLog;
  /** Called once when the connection is over. */
  readonly onOver: (session: OpenSession) => void;
}

export interface SessionLimits {
  readonly contentChars: number;
  readonly frameBytes: number;
  /** Seconds for which its sender may edit a message; undefined: messages can't be changed. */
  readonly editWindowS: number | undefined;
  readonly sendQueueBytes: number;
  readonly sendTimeoutMs: number;
  readonly firstFrameMs: number;
  readonly heartbeatMs: number;
  /** Frames a second and socket; twice that in a burst; 0 = off. */
  readonly framesPerSecond: number;
}

export interface FrameBudget {
  /** Takes one frame: 0 when it may pass. */
  take(nowMs: number): number;
  /** Puts some in, beyond what a burst may have. */
  put(frames: number): void;
}

/** The lines a session writes; fields never hold a token or a text. */
export interface SessionLog {
  authenticated(fields: { connectionId: string; userId: string; protocol: Protocol }): void;
  closed(fields: { connectionId: string; userId: string | null; code: number; reason: string }): void;
  refused(fields: { connectionId: string; userId: string | null; code: ErrorCode }): void;
  /** Something worth a line that a protocol noticed. */
  note(
    fields: { connectionId: string; userId: string | null },
    note: string,
    more: Readonly<Record<string, string | boolean | null>>,
  ): void;
  failed(fields: { connectionId: string; userId: string | null }, error: unknown): void;
  /** A codec could not say something; `seq` where it was a message. The error's own words may hold a text: not logged. */
  unsayable(
    fields: { protocol: Protocol; type: string; roomId: string | null; seq: number | null },
    error: unknown,
  ): void;
}

/** What a session does by itself once its user is known. */
export interface SessionOpening {
  /** The token of the anonymous identity that the socket was given: the client is told it first. */
  readonly identityToken?: string | undefined;
  /** Commands that the URL stands for. */
  readonly commands?: readonly Asked[];
}

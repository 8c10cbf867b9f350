import type { User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../room/access.ts';
import type { Changes } from '../room/changes.ts';
import type { Members } from '../room/members.ts';
import type { Messages } from '../room/messages.ts';
import type { Rooms } from '../room/rooms.ts';

/** What the routes are made of; `app.ts` passes it in. */
export interface RoutesOptions {
  readonly rooms: Rooms;
  readonly members: Members;
  readonly messages: Messages;
  readonly changes: Changes;
  readonly identify: {
    /** The signed-in user. @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN (a service token) */
    user(request: FastifyRequest): Promise<User>;
    /** A signed-in user or the service. */
    caller(request: FastifyRequest): Promise<Caller>;
    /** The service only. @throws AppError FORBIDDEN (a user's token) */
    service(request: FastifyRequest): Promise<Caller>;
  };
  /** Longest text, code points. */
  readonly contentChars: number;
}

import { setImmediate } from 'node:timers/promises';
import {
  type Auth,
  type Bars,
  type Clock,
  type FairQueue,
  requireEither,
  requireService,
  requireUser,
  turnKey,
} from '@gongu/host';
import { AppError, type User } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../room/access.ts';
import type { Admins } from '../room/admins.ts';
import type { Tickets } from '../room/tickets.ts';
import { type Presented, presentedToken } from '../transport/presented-token.ts';

export interface IdentifyOptions {
  readonly auth: Auth;
  readonly tickets: Tickets;
  readonly clock: Clock;
  /** Whose turn it is at PostgreSQL, where tickets are. */
  readonly queue: FairQueue;
  /** False: who has no account is nobody, whatever he presents. */
  readonly anonymousAccess: boolean;
  readonly admins: Admins;
  /** Whose tokens are refused, and so the tickets that were given for them. */
  readonly bars: Pick<Bars, 'refusalOf'>;
}

/** Who asks, by what he presents: a token or a ticket, on requests and on upgrades. */
export function createIdentify({
  auth: anyAuth,
  tickets,
  clock,
  queue,
  anonymousAccess,
  admins,
  bars,
}: IdentifyOptions) {
  const allowed = (user: User): User => {
    if (anonymousAccess || !user.anon) return user;
    throw new AppError('UNAUTHENTICATED', { detail: 'People without an account are not let in here' });
  };
  const auth: Auth = {
    ...anyAuth,
    async verifyUser(token) {
      const found = allowed(await anyAuth.verifyUser(token));
      await admins.note(found);
      return found;
    },
  };
  const user = requireUser(auth);
  const service = requireService(auth);
  const either = requireEither(auth);

  async function present({ kind, value }: Presented, address: string): Promise<User> {
    if (kind === 'token') return userOf(value);
    const found = await queue.run({ key: () => turnKey(address) }, () => tickets.redeem(value, clock.now()));
    const refusal = bars.refusalOf(found);
    if (refusal) throw refusal;
    return allowed(found);
  }

  /** A service's token opens no socket: it is no user. */
  async function userOf(token: string): Promise<User> {
    try {
      return await auth.verifyUser(token);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'FORBIDDEN')) throw error;
      throw new AppError('UNAUTHENTICATED', { detail: 'A service token is not a user token' });
    }
  }

  /** For routes of HTTP. */
  const routes = {
    user,
    async caller(request: FastifyRequest): Promise<Caller> {
      const found = await either(request);
      if (found !== 'service') return { kind: 'user', user: found };
      await stillAsked(request);
      return { kind: 'service' };
    },
    async service(request: FastifyRequest): Promise<Caller> {
      await service(request);
      await stillAsked(request);
      return { kind: 'service' };
    },
  };

  return {
    routes,
    either,
    /** The user of a first frame's token. */
    token: userOf,
    /** Whether the token is another instance's: they have the services' secret in common. */
    async instance(token: string): Promise<boolean> {
      try {
        await auth.verifyService(token);
        return true;
      } catch {
        return false;
      }
    },
    /** The user that an upgrade names; null when it names nobody. */
    async upgrade(request: Pick<FastifyRequest, 'headers' | 'ip'>, query: URLSearchParams): Promise<User | null> {
      const presented = presentedToken(request.headers, query);
      return presented && present(presented, request.ip);
    },
  };
}

/**
 * A process that was frozen reads what was asked long ago. Trade has given that up and told another instance, and may have
 * told it something newer since: what is done for it now would undo that. The end of its connection lies behind the
 * request, and is read before the next turn of the loop.
 *
 * @throws AppError UNAVAILABLE, which nobody hears
 */
async function stillAsked({ raw: { socket } }: FastifyRequest): Promise<void> {
  await setImmediate();
  if (socket.destroyed || !socket.writable) {
    throw new AppError('UNAVAILABLE', { detail: 'Nobody waits for the answer any more: nothing was done' });
  }
}

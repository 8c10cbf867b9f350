import { AppError, BlockUser, type User, UserBar, UserPath } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { noContent, OF_CALLER, OF_WRITER, problems } from '../http/answers/problem-responses.ts';
import type { Http } from '../http/http.ts';
import type { BarAct, BarStore } from './bar-store.ts';
import type { Bars } from './bars.ts';

export interface BarRoutesOptions {
  /** `/api/chat`. */
  readonly base: string;
  readonly bars: Pick<Bars, 'refresh'>;
  readonly store: BarStore;
  readonly either: (request: FastifyRequest) => Promise<User | 'service'>;
  /** Hears what was done: `user.blocked` and so on. */
  readonly onAct: (event: string, fields: { userId: string; byUserId: string | null }) => void;
}

const EVENTS: Readonly<Record<BarAct, string>> = {
  block: 'user.blocked',
  unblock: 'user.unblocked',
  revoke: 'user.revoked',
  unrevoke: 'user.unrevoked',
};

const TAKEN_AWAY = {
  response: { 204: noContent, ...problems(...OF_CALLER, ...OF_WRITER, 'FORBIDDEN', 'RATE_LIMITED') },
};
const BARRED = { response: { 200: UserBar, ...problems(...OF_CALLER, ...OF_WRITER, 'FORBIDDEN', 'RATE_LIMITED') } };
const BOTH: { [scheme: string]: readonly string[] }[] = [{ user: [] }, { service: [] }];
const COMMON = { tags: ['users'], security: BOTH, params: UserPath };

/** `…/users/:userId/block` and `/revoke`: admins and services refuse somebody's tokens in this service. */
export function barRoutes(app: Http, { base, bars, store, either, onAct }: BarRoutesOptions): void {
  async function act(request: FastifyRequest, userId: string, what: BarAct, more: BlockUser = {}): Promise<UserBar> {
    const caller = await either(request);
    const byUserId = caller === 'service' ? null : caller.userId;
    if (caller !== 'service' && (caller.anon || !caller.roles.includes('admin'))) {
      throw new AppError('FORBIDDEN', { detail: 'Only admins and services may do this' });
    }
    if (what === 'block' && userId === byUserId) {
      throw new AppError('FORBIDDEN', { detail: 'Nobody blocks himself: he could not take it away' });
    }
    // PostgreSQL takes no offset of 16 hours and more.
    const until = more.until ? new Date(more.until).toISOString() : null;
    const bar = await store.act(userId, what, { byUserId, reason: more.reason ?? null, until });
    if (!bar) {
      throw new AppError('VALIDATION_FAILED', { errors: [{ path: 'until', message: 'must be a time to come' }] });
    }
    // It is stored: what this instance can't read now it reads with the next tick.
    await bars.refresh(store).catch(() => {});
    onAct(EVENTS[what], { userId, byUserId });
    return bar;
  }

  app.put(
    `${base}/users/:userId/block`,
    {
      schema: {
        ...COMMON,
        ...BARRED,
        operationId: 'blockUser',
        summary: "Refuse all of a user's tokens, for some time or until it is taken away (admin, service)",
        body: BlockUser.nullish(),
      },
    },
    (request) => act(request, request.params.userId, 'block', request.body ?? {}),
  );
  app.delete(
    `${base}/users/:userId/block`,
    { schema: { ...COMMON, ...TAKEN_AWAY, operationId: 'unblockUser', summary: 'Take a block away (admin, service)' } },
    async (request, reply) => {
      await act(request, request.params.userId, 'unblock');
      return reply.status(204).send();
    },
  );
  app.post(
    `${base}/users/:userId/revoke`,
    {
      schema: {
        ...COMMON,
        ...BARRED,
        operationId: 'revokeTokens',
        summary: "Refuse those of a user's tokens that have been issued up to now (admin, service)",
      },
    },
    (request) => act(request, request.params.userId, 'revoke'),
  );
  app.delete(
    `${base}/users/:userId/revoke`,
    {
      schema: {
        ...COMMON,
        ...TAKEN_AWAY,
        operationId: 'unrevokeTokens',
        summary: 'Take a revocation away: the old tokens are good again (admin, service)',
      },
    },
    async (request, reply) => {
      await act(request, request.params.userId, 'unrevoke');
      return reply.status(204).send();
    },
  );
}

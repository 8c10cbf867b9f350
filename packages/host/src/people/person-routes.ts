import { Readable } from 'node:stream';
import { AppError, Erasure, ErasurePath, type User, UserPath } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { BarStore } from '../auth/bar-store.ts';
import type { Bars } from '../auth/bars.ts';
import type { ShopCallers } from '../auth/callers.ts';
import { OF_CALLER, OF_WRITER, problems } from '../http/answers/problem-responses.ts';
import type { Http } from '../http/http.ts';

/** What a service knows of a person, and how it forgets him. */
export interface Person {
  /** Record by record; each has its kind as `record`. */
  export(userId: string): AsyncIterable<object>;
  /** A row of audit of an export, ahead of it. `byUserId` null: the service. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  noteExport(userId: string, byUserId: string | null): Promise<void>;
  /** Begins, or says how far it is; his tokens are refused from then on. @throws AppError CONFLICT: it can't be now */
  erase(userId: string, byUserId: string | null): Promise<Erasure>;
  /** Null: there is no such erasure. */
  erasure(id: string): Promise<Erasure | null>;
}

export interface PersonRoutesOptions {
  /** `/api/chat`. */
  readonly base: string;
  readonly person: Person;
  readonly bars: Pick<Bars, 'refresh'>;
  readonly store: BarStore;
  readonly either: (request: FastifyRequest) => Promise<User | 'service'>;
  /** Back ends with the scope `users` may do all of it. */
  readonly shop: ShopCallers;
  /** Hears what was asked for: `user.exported`, `user.erased`. */
  readonly onAct: (event: string, fields: { userId: string; byUserId: string | null }) => void;
}

const ALL: { [scheme: string]: readonly string[] }[] = [{ user: [] }, { service: [] }, { shop: [] }];
const OPERATORS = 'admins, services and back ends with the scope users';
const NDJSON = 'application/x-ndjson';
/** Characters of one piece of an export, about. */
const PIECE = 65_536;

/** `…/users/:userId/export`, `DELETE …/users/:userId` and `…/erasures/:id`. */
export function personRoutes(app: Http, options: PersonRoutesOptions): void {
  const { base, person, bars, store, either, shop, onAct } = options;
  const isAdmin = (caller: User) => !caller.anon && caller.roles.includes('admin');

  const requireKey = shop.require('users');

  /** Null: a service, or a shop's back end. */
  async function askedBy(request: FastifyRequest): Promise<User | null> {
    const caller = shop.isKey(request) ? await requireKey(request) : await either(request);
    return typeof caller === 'object' ? caller : null;
  }

  /** As {@link askedBy}, of those alone who may act on anybody. */
  async function operator(request: FastifyRequest): Promise<string | null> {
    const caller = await askedBy(request);
    if (caller === null) return null;
    if (!isAdmin(caller)) throw new AppError('FORBIDDEN', { detail: `Only ${OPERATORS} may do this` });
    return caller.userId;
  }

  app.get(
    `${base}/users/:userId/export`,
    {
      schema: {
        tags: ['users'],
        security: ALL,
        operationId: 'exportUser',
        summary: 'All that the service has of a person, one JSON a line (himself, admin, service, back end)',
        params: UserPath,
        response: {
          200: {
            description: 'Lines of JSON, each with its kind as `record`',
            content: { [NDJSON]: { schema: z.string() } },
          },
          ...problems(...OF_CALLER, 'FORBIDDEN'),
        },
      },
    },
    async (request, reply) => {
      const caller = await askedBy(request);
      const { userId } = request.params;
      if (caller !== null && caller.userId !== userId && !isAdmin(caller)) {
        throw new AppError('FORBIDDEN', { detail: `Only he himself, ${OPERATORS} may do this` });
      }
      // Who asks for what is his own does nothing to anybody.
      if (caller?.userId !== userId) await person.noteExport(userId, caller?.userId ?? null);
      onAct('user.exported', { userId, byUserId: caller?.userId ?? null });
      reply
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="${base.split('/').at(-1)}.ndjson"`)
        .type(NDJSON);
      return reply.send(Readable.from(linesOf(person.export(userId))) as never) as never;
    },
  );

  app.delete(
    `${base}/users/:userId`,
    {
      schema: {
        tags: ['users'],
        security: ALL,
        operationId: 'eraseUser',
        summary: 'Erase a person; goes on by itself (admin, service, back end)',
        params: UserPath,
        response: { 202: Erasure, ...problems(...OF_CALLER, ...OF_WRITER, 'FORBIDDEN', 'CONFLICT', 'RATE_LIMITED') },
      },
    },
    async (request, reply) => {
      const byUserId = await operator(request);
      const { userId } = request.params;
      const erasure = await person.erase(userId, byUserId);
      // It is stored, and his tokens are refused: what this instance can't read of that now it reads with the next tick.
      await bars.refresh(store).catch(() => {});
      onAct('user.erased', { userId: erasure.pseudonym, byUserId });
      reply.code(202).header('Location', `${base}/erasures/${erasure.id}`);
      return erasure;
    },
  );

  app.get(
    `${base}/erasures/:id`,
    {
      schema: {
        tags: ['users'],
        security: ALL,
        operationId: 'getErasure',
        summary: 'How far an erasure is (admin, service, back end)',
        params: ErasurePath,
        response: { 200: Erasure, ...problems(...OF_CALLER, 'FORBIDDEN', 'NOT_FOUND') },
      },
    },
    async (request) => {
      await operator(request);
      const found = await person.erasure(request.params.id);
      if (found === null) throw new AppError('NOT_FOUND', { detail: 'There is no such erasure' });
      return found;
    },
  );
}

async function* linesOf(records: AsyncIterable<object>): AsyncGenerator<string> {
  let piece = '';
  for await (const record of records) {
    piece += `${JSON.stringify(record)}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

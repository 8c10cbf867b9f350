import { createCursor, type Http, noContent, OF_CALLER, OF_WRITER, problems } from '@gongu/host';
import { ListQuery, listOf, ParticipantPath, Restriction, RestrictUser, RoomPath } from '@gongu/shared';
import { z } from 'zod';
import type { Restrictions } from '../room/restrictions.ts';
import type { RoutesOptions } from './routes-options.ts';

/** The last one's user id. */
const users = createCursor(z.tuple([z.string()]), 'restrictions');

const RestrictionList = listOf(Restriction).meta({ id: 'RestrictionList' });

/** `…/restrictions`: who is muted in a room, or banned from it. */
export function restrictionRoutes(
  app: Http,
  { restrictions, identify }: Pick<RoutesOptions, 'identify'> & { readonly restrictions: Restrictions },
): void {
  app.get(
    '/api/chat/rooms/:roomId/restrictions',
    {
      schema: {
        tags: ['restrictions'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listRestrictions',
        summary: 'Who is muted or banned (host, admin, service), in the order of user ids',
        params: RoomPath,
        querystring: ListQuery,
        response: { 200: RestrictionList, ...problems(...OF_CALLER, 'FORBIDDEN', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { roomId } = request.params;
      const { limit, cursor } = request.query;
      const afterId = users.decode(cursor, roomId)?.[0] ?? '';
      const caller = await identify.caller(request);
      const found = await restrictions.list(caller, roomId, { limit: limit + 1, afterId });
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: users.encode(last ? [last.user.userId] : null, roomId) };
    },
  );

  app.put(
    '/api/chat/rooms/:roomId/restrictions/:userId',
    {
      schema: {
        tags: ['restrictions'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'restrictUser',
        summary: 'Mute or ban somebody in a room (host, admin, service), in place of what restricted him before',
        params: ParticipantPath,
        body: RestrictUser,
        response: {
          200: Restriction,
          ...problems(
            ...OF_CALLER,
            ...OF_WRITER,
            'FORBIDDEN',
            'NOT_FOUND',
            'CONFLICT',
            'ROOM_READ_ONLY',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request) => {
      const { roomId, userId } = request.params;
      return restrictions.restrict(await identify.caller(request), roomId, userId, request.body);
    },
  );

  app.delete(
    '/api/chat/rooms/:roomId/restrictions/:userId',
    {
      schema: {
        tags: ['restrictions'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'liftRestriction',
        summary: 'Take a restriction away (host, admin, service)',
        params: ParticipantPath,
        response: {
          204: noContent,
          ...problems(...OF_CALLER, ...OF_WRITER, 'FORBIDDEN', 'NOT_FOUND', 'ROOM_READ_ONLY', 'RATE_LIMITED'),
        },
      },
    },
    async (request, reply) => {
      const { roomId, userId } = request.params;
      await restrictions.lift(await identify.caller(request), roomId, userId);
      return reply.status(204).send();
    },
  );
}

import { createCursor, type Http, OF_CALLER, OF_ONE_KIND, problems } from '@gongu/host';
import {
  Instant,
  RoomId,
  RoomPath,
  RoomsSearchPage,
  RoomsSearchQuery,
  SearchPage,
  SearchQuery,
  searchForm,
} from '@gongu/shared';
import { z } from 'zod';
import type { Search } from '../room/search.ts';
import type { RoutesOptions } from './routes-options.ts';

export interface SearchRoutesOptions extends Pick<RoutesOptions, 'identify'> {
  readonly search: Search;
}

/** The last message's time, room and `seq`, and the room's epoch. */
const places = createCursor(z.tuple([Instant, RoomId, z.int().min(1), z.string()]), 'search');

/** `…/search`: messages by what is in them, of one room or of all one's rooms. */
export function searchRoutes(app: Http, { search, identify }: SearchRoutesOptions): void {
  app.get(
    '/api/chat/rooms/:roomId/search',
    {
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'searchRoom',
        summary: 'Messages of a room that contain a text, the newest first (member, admin, service)',
        params: RoomPath,
        querystring: SearchQuery,
        response: { 200: SearchPage, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => search.inRoom(await identify.caller(request), request.params.roomId, request.query),
  );

  app.get(
    '/api/chat/search',
    {
      schema: {
        tags: ['messages'],
        security: [{ user: [] }],
        operationId: 'searchRooms',
        summary: 'Messages of all rooms that one is in which contain a text, the newest first',
        querystring: RoomsSearchQuery,
        response: { 200: RoomsSearchPage, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      const user = await identify.user(request);
      const { q, limit, cursor } = request.query;
      const asked = [user.userId, searchForm(q)];
      const place = places.decode(cursor, asked);
      const before = place && { createdAt: place[0], roomId: place[1], seq: place[2], epoch: place[3] };
      const { next, ...page } = await search.inRooms(user, { q, before, limit });
      return { ...page, nextCursor: places.encode(next && [next.createdAt, next.roomId, next.seq, next.epoch], asked) };
    },
  );
}

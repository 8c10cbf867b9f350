import { type Http, OF_CALLER, problems } from '@gongu/host';
import { RoomPath, RoomsSearchPage, RoomsSearchQuery, SearchPage, SearchQuery } from '@gongu/shared';
import type { Search } from '../room/search.ts';
import type { RoutesOptions } from './routes-options.ts';

export interface SearchRoutesOptions extends Pick<RoutesOptions, 'identify'> {
  readonly search: Search;
}

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
        response: { 200: RoomsSearchPage, ...problems(...OF_CALLER) },
      },
    },
    async (request) => search.inRooms(await identify.user(request), request.query),
  );
}

import { createCursor, type Http, noContent, OF_CALLER, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import { Instant, ListQuery, listOf, Message, OpenRoom, PatchRoom, Room, RoomId, RoomPath } from '@gongu/shared';
import { z } from 'zod';
import { lookAt } from '../room/counts.ts';
import { wireMessage } from '../room/event.ts';
import type { Presence } from '../room/ports/presence.ts';
import { roomView, unreadOf } from '../room/view.ts';
import type { RoutesOptions } from './routes-options.ts';

/** A room in its member's list. */
const MyRoom = Room.extend({
  unread: z.int(),
  unreadMentions: z.int(),
  lastReadSeq: z.int(),
  lastMessage: Message.nullable(),
}).meta({ id: 'MyRoom' });

const MyRoomList = listOf(MyRoom).meta({ id: 'MyRoomList' });

/** When the last one was joined, and which. */
const memberships = createCursor(z.tuple([Instant, RoomId]), 'rooms');

/** `/api/chat/rooms`: opened, changed and removed by the service; listed and read by users. */
export function roomRoutes(app: Http, deps: RoutesOptions & { presence: Presence }): void {
  const { rooms, identify, presence } = deps;
  app.post(
    '/api/chat/rooms',
    {
      schema: {
        tags: ['rooms'],
        security: [{ service: [] }],
        operationId: 'openRoom',
        summary: 'Open the room of a product (service)',
        body: OpenRoom,
        response: { 200: Room, 201: Room, ...problems(...OF_ONE_KIND, ...OF_WRITER, 'CONFLICT') },
      },
    },
    async (request, reply) => {
      const caller = await identify.service(request);
      const { room, created } = await rooms.open(caller, request.body);
      return reply
        .status(created ? 201 : 200)
        .header('location', `/api/chat/rooms/${room.roomId}`)
        .send(room);
    },
  );

  app.get(
    '/api/chat/rooms',
    {
      schema: {
        tags: ['rooms'],
        security: [{ user: [] }],
        operationId: 'listMyRooms',
        summary: 'My rooms with unread counts, newest membership first',
        querystring: ListQuery,
        response: { 200: MyRoomList, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      const user = await identify.user(request);
      const { limit, cursor } = request.query;
      const place = memberships.decode(cursor, user.userId);
      const before = place && { joinedAt: place[0], roomId: place[1] };
      const rows = await rooms.listFor(user.userId, { limit: limit + 1, before });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: await Promise.all(
          shown.map(async ({ room, member, lastMessage, unreadMentions }) => ({
            ...roomView(room, (await lookAt(presence, room.roomId)).counts),
            unread: unreadOf(room, member),
            unreadMentions,
            lastReadSeq: member.lastReadSeq,
            lastMessage: lastMessage && wireMessage(lastMessage),
          })),
        ),
        nextCursor: memberships.encode(
          rows.length > limit && last ? [last.member.joinedAt, last.room.roomId] : null,
          user.userId,
        ),
      };
    },
  );

  app.get(
    '/api/chat/rooms/:roomId',
    {
      schema: {
        tags: ['rooms'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'getRoom',
        summary: 'A room: for any signed-in user while ACTIVE, else for members and the service',
        params: RoomPath,
        response: { 200: Room, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'NOT_FOUND') },
      },
    },
    async (request) => rooms.get(await identify.caller(request), request.params.roomId),
  );

  app.patch(
    '/api/chat/rooms/:roomId',
    {
      // An end with thousands of guests takes its time, in portions between which others are served.
      config: { queued: false },
      schema: {
        tags: ['rooms'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'updateRoom',
        summary:
          'Set the status, or title, cap, minimum, deadline, slow mode (service); title and slow mode also by the host',
        params: RoomPath,
        body: PatchRoom,
        response: {
          200: Room,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_FOUND',
            'ILLEGAL_TRANSITION',
            'CONFLICT',
            'ROOM_NOT_ACTIVE',
            'ROOM_READ_ONLY',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request) => rooms.patch(await identify.caller(request), request.params.roomId, request.body),
  );

  app.delete(
    '/api/chat/rooms/:roomId',
    {
      schema: {
        tags: ['rooms'],
        security: [{ service: [] }],
        operationId: 'removeRoom',
        summary: 'Remove a room and its messages (service)',
        params: RoomPath,
        response: { 204: noContent, ...problems(...OF_ONE_KIND, ...OF_WRITER, 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await rooms.remove(await identify.service(request), request.params.roomId);
      return reply.status(204).send();
    },
  );
}

import { createCursor, type Http, noContent, OF_CALLER, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import {
  CommitParticipant,
  CommitParticipants,
  Concerned,
  ListQuery,
  listOf,
  MarkRead,
  Participant,
  ParticipantPath,
  RoomPath,
} from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RoutesOptions } from './routes-options.ts';

interface MemberRoutesOptions extends RoutesOptions {
  /** Takes one of the changes of who asks. @throws AppError RATE_LIMITED */
  readonly judgeChange: (request: FastifyRequest) => Promise<void>;
}

/** The `seq` of the last one's joining. */
const joinings = createCursor(z.tuple([z.int()]), 'participants');

const ParticipantList = listOf(Participant).meta({ id: 'ParticipantList' });

/** `…/participants` and `…/read`: who is in a room, and how far each has read. */
export function memberRoutes(app: Http, { members, identify, judgeChange }: MemberRoutesOptions): void {
  app.get(
    '/api/chat/rooms/:roomId/participants',
    {
      schema: {
        tags: ['participants'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listParticipants',
        summary: 'Participants in order of joining',
        params: RoomPath,
        querystring: ListQuery,
        response: { 200: ParticipantList, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const caller = await identify.caller(request);
      const { roomId } = request.params;
      const { limit, cursor } = request.query;
      const afterSeq = joinings.decode(cursor, roomId)?.[0] ?? null;
      const { participants, rows } = await members.list(caller, roomId, { limit: limit + 1, afterSeq });
      const last = rows[limit - 1];
      return {
        items: participants.slice(0, limit),
        nextCursor: joinings.encode(rows.length > limit && last ? [last.joinedSeq] : null, roomId),
      };
    },
  );

  app.post(
    '/api/chat/rooms/:roomId/participants',
    {
      // Judged below: members come back at any rate, as they do on a socket. Only who is none writes rows, and those who
      // come at once are stored together.
      config: { rate: 'none', queued: false },
      schema: {
        tags: ['participants'],
        security: [{ user: [] }],
        operationId: 'joinRoom',
        summary: 'Join a room that is ACTIVE and has a place',
        params: RoomPath,
        body: z.object({}).nullish(),
        response: {
          200: Participant,
          201: Participant,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_FOUND',
            'BANNED',
            'ROOM_FULL',
            'ROOM_NOT_ACTIVE',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      const user = await identify.user(request);
      const present = await members.present(user, request.params.roomId);
      if (present) return reply.status(200).send(present);
      await judgeChange(request);
      const { outcome } = await members.join(user, request.params.roomId, false);
      const participant = await members.showJoined(request.params.roomId, user);
      return reply.status(outcome === 'joined' ? 201 : 200).send(participant);
    },
  );

  app.put(
    '/api/chat/rooms/:roomId/participants/:userId',
    {
      schema: {
        tags: ['participants'],
        security: [{ service: [] }],
        operationId: 'commitParticipant',
        summary: 'Record a purchase, or its withdrawal (service); a buyer always gets in',
        params: ParticipantPath,
        body: CommitParticipant,
        response: {
          200: Concerned,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'SELLER_CANNOT_BUY',
            'NOT_FOUND',
            'ROOM_READ_ONLY',
            'ROOM_NOT_ACTIVE',
            'ROOM_FULL',
          ),
        },
      },
    },
    async (request) => {
      const caller = await identify.service(request);
      return members.commit(caller, request.params.roomId, request.params.userId, request.body);
    },
  );

  app.put(
    '/api/chat/rooms/:roomId/participants',
    {
      schema: {
        tags: ['participants'],
        security: [{ service: [] }],
        operationId: 'commitParticipants',
        summary: 'Record several purchases and withdrawals, one after the other (service)',
        description:
          'The answer is of the first that is refused, if any: those before it are recorded, those after it are not.',
        params: RoomPath,
        body: CommitParticipants,
        response: {
          204: noContent,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'SELLER_CANNOT_BUY',
            'NOT_FOUND',
            'ROOM_READ_ONLY',
            'ROOM_NOT_ACTIVE',
            'ROOM_FULL',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await identify.service(request);
      const isAwaited = () => !request.raw.socket.destroyed;
      await members.commitAll(caller, request.params.roomId, request.body.participants, isAwaited);
      return reply.status(204).send();
    },
  );

  app.delete(
    '/api/chat/rooms/:roomId/participants/:userId',
    {
      schema: {
        tags: ['participants'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'removeParticipant',
        summary: 'Leave a room, or remove a participant (host, admin, service)',
        params: ParticipantPath,
        response: {
          204: noContent,
          ...problems(...OF_ONE_KIND, ...OF_WRITER, 'NOT_FOUND', 'ROOM_READ_ONLY', 'RATE_LIMITED'),
        },
      },
    },
    async (request, reply) => {
      const caller = await identify.caller(request);
      await members.leave(caller, request.params.roomId, request.params.userId);
      return reply.status(204).send();
    },
  );

  app.put(
    '/api/chat/rooms/:roomId/read',
    {
      // Writes no row, and only as often as there is something new to read; those that come at once are stored together.
      config: { rate: 'none', queued: false },
      schema: {
        tags: ['participants'],
        security: [{ user: [] }],
        operationId: 'markRead',
        summary: 'Move the own read mark; only forward, never past the newest message',
        params: RoomPath,
        body: MarkRead,
        response: { 204: noContent, ...problems(...OF_ONE_KIND, ...OF_WRITER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const user = await identify.user(request);
      await members.markRead(user.userId, request.params.roomId, request.body.seq);
      return reply.status(204).send();
    },
  );
}

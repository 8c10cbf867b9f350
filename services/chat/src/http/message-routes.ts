import { type Http, noContent, OF_CALLER, OF_WRITER, problems } from '@gongu/host';
import {
  ChatMessage,
  editBody,
  Message,
  MessagePage,
  MessagePath,
  MessageQuery,
  NewestNotice,
  RoomPath,
  saysSomething,
  sendBody,
} from '@gongu/shared';
import { z } from 'zod';
import { writtenOnce } from '../room/page-rows.ts';
import type { RoutesOptions } from './routes-options.ts';

export interface MessageRoutesOptions extends RoutesOptions {
  /** Whether who has no account may look at all. */
  readonly anonymousAccess: boolean;
}

/** `…/messages`: pages of history, sending, and changing what was sent; `…/pins`; `…/notice`: the newest notice. */
export function messageRoutes(app: Http, deps: MessageRoutesOptions): void {
  const { messages, changes, identify, contentChars } = deps;
  app.get(
    '/api/chat/rooms/:roomId/messages',
    {
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listMessages',
        summary: 'A page of messages, ascending: the newest, before or after a seq, or by offset from the newest',
        params: RoomPath,
        querystring: MessageQuery,
        response: { 200: MessagePage, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const page = await messages.page(await identify.caller(request), request.params.roomId, request.query);
      return { ...page, messages: [...writtenOnce(page.messages)] };
    },
  );

  app.get(
    '/api/chat/rooms/:roomId/messages/:seq',
    {
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'getMessage',
        summary: 'A message as it is now',
        params: MessagePath,
        response: { 200: Message, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { roomId, seq } = request.params;
      return messages.one(await identify.caller(request), roomId, seq);
    },
  );

  app.patch(
    '/api/chat/rooms/:roomId/messages/:seq',
    {
      config: { rate: 'message' },
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'editMessage',
        summary: 'Give a message another text (its sender); the same text again changes nothing',
        params: MessagePath,
        body: editBody(contentChars).meta({ id: 'EditMessage' }),
        response: {
          200: ChatMessage,
          ...problems(
            ...OF_CALLER,
            ...OF_WRITER,
            'FORBIDDEN',
            'NOT_A_MEMBER',
            'NOT_FOUND',
            'MUTED',
            'BANNED',
            'ROOM_READ_ONLY',
            'MESSAGE_DELETED',
            'EDIT_WINDOW_PASSED',
            'CONTENT_REFUSED',
            'CONFLICT',
            'PRECONDITION_FAILED',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request) => changes.edit(await identify.caller(request), { ...request.params, ...request.body }),
  );

  app.delete(
    '/api/chat/rooms/:roomId/messages/:seq',
    {
      config: { rate: 'message' },
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'deleteMessage',
        summary: 'Leave a message without its text and data (its sender, the host, an admin, the service)',
        params: MessagePath,
        response: {
          204: noContent,
          ...problems(
            ...OF_CALLER,
            ...OF_WRITER,
            'FORBIDDEN',
            'NOT_A_MEMBER',
            'BANNED',
            'NOT_FOUND',
            'ROOM_READ_ONLY',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      await changes.remove(await identify.caller(request), request.params);
      return reply.status(204).send();
    },
  );

  const pin = {
    tags: ['messages'],
    security: [{ user: [] }, { service: [] }] as Record<string, string[]>[],
    params: MessagePath,
    response: {
      204: noContent,
      ...problems(
        ...OF_CALLER,
        ...OF_WRITER,
        'FORBIDDEN',
        'NOT_A_MEMBER',
        'BANNED',
        'NOT_FOUND',
        'ROOM_READ_ONLY',
        'MESSAGE_DELETED',
        'CONFLICT',
        'RATE_LIMITED',
      ),
    },
  };
  app.put(
    '/api/chat/rooms/:roomId/pins/:seq',
    {
      schema: {
        ...pin,
        operationId: 'pinMessage',
        summary: 'Pin a message above the room, five at most (the host, an admin, the service)',
      },
    },
    async (request, reply) => {
      await changes.pin(await identify.caller(request), { ...request.params, on: true });
      return reply.status(204).send();
    },
  );

  app.delete(
    '/api/chat/rooms/:roomId/pins/:seq',
    {
      schema: {
        ...pin,
        operationId: 'unpinMessage',
        summary: 'Pin a message no longer (the host, an admin, the service)',
      },
    },
    async (request, reply) => {
      await changes.pin(await identify.caller(request), { ...request.params, on: false });
      return reply.status(204).send();
    },
  );

  app.get(
    '/api/chat/rooms/:roomId/notice',
    {
      // A product's page shows it to visitors too, who could have an anonymous token for the asking.
      config: { findsCaller: true },
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }, {}],
        operationId: 'getNewestNotice',
        summary: 'The newest notice of a room; without a token, of one that people without an account may look at',
        params: RoomPath,
        response: { 200: NewestNotice, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const isUnknown = request.headers.authorization === undefined;
      if (isUnknown && !deps.anonymousAccess) return { message: null };
      const caller = isUnknown ? null : await identify.caller(request);
      return { message: await messages.newestNotice(caller, request.params.roomId) };
    },
  );

  app.post(
    '/api/chat/rooms/:roomId/messages',
    {
      // Those that come at once are stored together.
      config: { rate: 'message', queued: false },
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'sendMessage',
        summary: 'Send a message; a retry with the same clientMessageId gets the first one',
        params: RoomPath,
        body: saysSomething(
          sendBody(contentChars).extend({
            data: z
              .record(z.string(), z.unknown())
              .nullish()
              .meta({ description: 'what it says, for programs; of the service, else ignored' }),
          }),
        ).meta({ id: 'SendMessage' }),
        response: {
          200: Message,
          201: Message,
          ...problems(
            ...OF_CALLER,
            ...OF_WRITER,
            'FORBIDDEN',
            'NOT_A_MEMBER',
            'NOT_FOUND',
            'MUTED',
            'BANNED',
            'ROOM_READ_ONLY',
            'CONTENT_REFUSED',
            'SLOW_MODE',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await identify.caller(request);
      const { data, ...body } = request.body;
      const { message, duplicate } = await messages.send(caller, {
        ...body,
        roomId: request.params.roomId,
        ...(caller.kind === 'service' && data != null ? { data } : {}),
      });
      return reply.status(duplicate ? 200 : 201).send(message);
    },
  );
}

import { type Http, OF_CALLER, OF_WRITER, problems } from '@gongu/host';
import { Message, MessagePage, MessageQuery, RoomPath, sendBody } from '@gongu/shared';
import type { RoutesOptions } from './routes-options.ts';

/** `…/messages`: pages of history, and sending. */
export function messageRoutes(app: Http, deps: RoutesOptions): void {
  const { messages, identify, contentChars } = deps;
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
        response: { 200: MessagePage, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'NOT_FOUND') },
      },
    },
    async (request) => messages.page(await identify.caller(request), request.params.roomId, request.query),
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
        body: sendBody(contentChars).meta({ id: 'SendMessage' }),
        response: {
          200: Message,
          201: Message,
          ...problems(
            ...OF_CALLER,
            ...OF_WRITER,
            'FORBIDDEN',
            'NOT_A_MEMBER',
            'NOT_FOUND',
            'ROOM_READ_ONLY',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = await identify.caller(request);
      const { message, duplicate } = await messages.send(caller, { ...request.body, roomId: request.params.roomId });
      return reply.status(duplicate ? 200 : 201).send(message);
    },
  );
}

import { createCursor, type Http, OF_CALLER, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import { listOf, MessagePath, Reacted, ReactionPath, ReactionQuery, Reactions } from '@gongu/shared';
import { z } from 'zod';
import type { RoutesOptions } from './routes-options.ts';

/** Where in a message's reactions the last one stands. */
const places = createCursor(z.tuple([z.int()]), 'reactions');

const ReactedList = listOf(Reacted).meta({ id: 'ReactedList' });

/** `…/messages/:seq/reactions`: members react, and see who did. */
export function reactionRoutes(app: Http, { messages, changes, identify }: RoutesOptions): void {
  app.get(
    '/api/chat/rooms/:roomId/messages/:seq/reactions',
    {
      schema: {
        tags: ['messages'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listReactions',
        summary: 'Who reacted to a message, in the order in which they did',
        params: MessagePath,
        querystring: ReactionQuery,
        response: { 200: ReactedList, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { limit, cursor, emoji = null } = request.query;
      const asked = [request.params.roomId, request.params.seq, emoji];
      const after = places.decode(cursor, asked)?.[0] ?? 0;
      const rows = await messages.reactions(await identify.caller(request), {
        ...{ ...request.params, emoji, after, limit: limit + 1 },
      });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map(({ emoji, userId, nickname, tag }) => ({ emoji, user: { userId, nickname, tag } })),
        nextCursor: places.encode(rows.length > limit && last ? [last.place] : null, asked),
      };
    },
  );

  for (const [method, on] of [
    ['put', true],
    ['delete', false],
  ] as const) {
    app[method](
      '/api/chat/rooms/:roomId/messages/:seq/reactions/:emoji',
      {
        config: { rate: 'message' },
        schema: {
          tags: ['messages'],
          security: [{ user: [] }],
          operationId: on ? 'react' : 'unreact',
          summary: on ? 'React to a message by an emoji (member)' : 'Take a reaction back (member)',
          params: ReactionPath,
          response: {
            200: Reactions,
            ...problems(
              ...OF_ONE_KIND,
              ...OF_WRITER,
              'NOT_A_MEMBER',
              'MUTED',
              'BANNED',
              'NOT_FOUND',
              'ROOM_READ_ONLY',
              'MESSAGE_DELETED',
              'CONFLICT',
              'RATE_LIMITED',
            ),
          },
        },
      },
      async (request) => {
        const user = await identify.user(request);
        const { reactions, version } = await changes.react(user, { ...request.params, on });
        return { reactions: [...reactions], version };
      },
    );
  }
}

import { type Http, noContent, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import { DeletePush, PushKey, PushSubscriptions, PutPush } from '@gongu/shared';
import type { Pushes } from '../room/pushes.ts';
import type { RoutesOptions } from './routes-options.ts';

export interface PushRoutesOptions extends Pick<RoutesOptions, 'identify'> {
  readonly pushes: Pushes;
}

const ENDPOINT = '/api/chat/push-subscriptions';

/** Web Push: a device asks to hear of rooms. Endpoints are in bodies alone: an URL is logged. */
export function pushRoutes(app: Http, { pushes, identify }: PushRoutesOptions): void {
  const common = { tags: ['push'], security: [{ user: [] }] };

  app.get(
    '/api/chat/push-key',
    {
      schema: {
        ...common,
        operationId: 'getPushKey',
        summary: 'What browsers subscribe with; NOT_FOUND where no pushes are sent',
        response: { 200: PushKey, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await identify.user(request);
      return pushes.key();
    },
  );

  app.get(
    ENDPOINT,
    {
      schema: {
        ...common,
        operationId: 'listPushSubscriptions',
        summary: "The rooms of which one's devices hear",
        response: { 200: PushSubscriptions, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => pushes.list(await identify.user(request)),
  );

  app.put(
    ENDPOINT,
    {
      schema: {
        ...common,
        operationId: 'putPushSubscription',
        summary: 'Have a device hear of what is unread in a room (member)',
        body: PutPush,
        response: {
          204: noContent,
          ...problems(...OF_ONE_KIND, ...OF_WRITER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND', 'RATE_LIMITED'),
        },
      },
    },
    async (request, reply) => {
      await pushes.put(await identify.user(request), request.body);
      return reply.status(204).send();
    },
  );

  app.delete(
    ENDPOINT,
    {
      schema: {
        ...common,
        operationId: 'deletePushSubscription',
        summary: 'Have a device hear no more of a room, or of any',
        body: DeletePush,
        response: { 204: noContent, ...problems(...OF_ONE_KIND, ...OF_WRITER, 'RATE_LIMITED') },
      },
    },
    async (request, reply) => {
      const { endpoint, roomId = null } = request.body;
      await pushes.remove(await identify.user(request), endpoint, roomId);
      return reply.status(204).send();
    },
  );
}

import { hasForbiddenCharacters, ListQuery, Redeliver, Redelivered, RoomId, WebhookTest } from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { noContent, OF_ONE_KIND, OF_WRITER, problems } from '../http/answers/problem-responses.ts';
import { createCursor } from '../http/cursor.ts';
import type { Http } from '../http/http.ts';
import type { AnyCreateWebhook, AnyEditWebhook, AnyWebhook, AnyWebhookDelivery } from './webhook-store.ts';
import type { Webhooks } from './webhooks.ts';

export interface WebhookRoutesOptions {
  /** `/api/trade`. */
  readonly base: string;
  readonly webhooks: Webhooks;
  /** Rejects with FORBIDDEN for all others. */
  readonly requireKeeper: (request: FastifyRequest) => Promise<unknown>;
  /** Who these are, as the document says it: schemes of security. */
  readonly keepers: readonly string[];
  /** What the routes take and answer. */
  readonly schemas: {
    readonly Create: z.ZodType<AnyCreateWebhook>;
    readonly Edit: z.ZodType<AnyEditWebhook>;
    readonly One: z.ZodType<AnyWebhook>;
    readonly WithSecret: z.ZodType<AnyWebhook & { secret: string }>;
    readonly List: z.ZodType<{ items: AnyWebhook[]; nextCursor: string | null }>;
    readonly Deliveries: z.ZodType<{ items: AnyWebhookDelivery[]; nextCursor: string | null }>;
  };
}

const Path = z.object({ id: RoomId });
const REFUSALS = [...OF_ONE_KIND, 'RATE_LIMITED', ...OF_WRITER] as const;
const LARGEST_BIGINT = 9_223_372_036_854_775_807n;
const Id = z
  .string()
  .min(1)
  .max(510)
  .refine((id) => !hasForbiddenCharacters(id));
const Number19 = z.string().refine((number) => /^[1-9]\d{0,18}$/.test(number) && BigInt(number) <= LARGEST_BIGINT);
/** The last one's id. */
const ids = createCursor(z.tuple([Id]), 'webhooks');
const numbers = createCursor(z.tuple([Number19]), 'deliveries');

/** Endpoints of shops' back ends, and what they were told. */
export function webhookRoutes(app: Http, options: WebhookRoutesOptions): void {
  const { webhooks, requireKeeper, schemas } = options;
  const base = `${options.base}/webhooks`;
  const security: Record<string, string[]>[] = options.keepers.map((scheme) => ({ [scheme]: [] }));
  const common = { tags: ['webhooks'], security };

  app.post(
    base,
    {
      schema: {
        ...common,
        operationId: 'createWebhook',
        summary: 'Hear of what happens; the secret is told here and never again',
        body: schemas.Create,
        response: { 201: schemas.WithSecret, ...problems(...REFUSALS, 'CONFLICT') },
      },
    },
    async (request, reply) => {
      await requireKeeper(request);
      const made = await webhooks.create(request.body);
      reply.code(201).header('Location', `${base}/${made.id}`);
      return made;
    },
  );

  app.get(
    base,
    {
      schema: {
        ...common,
        operationId: 'listWebhooks',
        summary: 'List webhooks, oldest first',
        querystring: ListQuery,
        response: { 200: schemas.List, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      await requireKeeper(request);
      const { limit, cursor: text } = request.query;
      const { items, next } = await webhooks.list({ limit, after: ids.decode(text)?.[0] ?? null });
      return { items, nextCursor: ids.encode(next === null ? null : [next]) };
    },
  );

  app.get(
    `${base}/:id`,
    {
      schema: {
        ...common,
        operationId: 'getWebhook',
        summary: 'One webhook',
        params: Path,
        response: { 200: schemas.One, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.get(request.params.id);
    },
  );

  app.patch(
    `${base}/:id`,
    {
      schema: {
        ...common,
        operationId: 'updateWebhook',
        summary: 'Change a webhook, or turn it off and on',
        params: Path,
        body: schemas.Edit,
        response: { 200: schemas.One, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.edit(request.params.id, request.body);
    },
  );

  app.delete(
    `${base}/:id`,
    {
      schema: {
        ...common,
        operationId: 'deleteWebhook',
        summary: 'Remove a webhook, and what it had still to be told',
        params: Path,
        response: { 204: noContent, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request, reply) => {
      await requireKeeper(request);
      await webhooks.remove(request.params.id);
      return reply.code(204).send();
    },
  );

  app.post(
    `${base}/:id/rotate`,
    {
      schema: {
        ...common,
        operationId: 'rotateWebhook',
        summary: 'Another secret; the one before it signs along for a day',
        params: Path,
        response: { 200: schemas.WithSecret, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.rotate(request.params.id);
    },
  );

  app.post(
    `${base}/:id/test`,
    {
      schema: {
        ...common,
        operationId: 'testWebhook',
        summary: 'Send a webhook.test now, and say what was answered',
        params: Path,
        response: { 200: WebhookTest, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.test(request.params.id);
    },
  );

  app.get(
    `${base}/:id/deliveries`,
    {
      schema: {
        ...common,
        operationId: 'listWebhookDeliveries',
        summary: 'What became of events, newest first; for 30 days',
        params: Path,
        querystring: ListQuery,
        response: { 200: schemas.Deliveries, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      const { id } = request.params;
      const { limit, cursor: text } = request.query;
      const page = { limit, after: numbers.decode(text, id)?.[0] ?? null };
      const { items, next } = await webhooks.deliveries(id, page);
      return { items, nextCursor: numbers.encode(next === null ? null : [next], id) };
    },
  );

  app.post(
    `${base}/:id/redeliver`,
    {
      schema: {
        ...common,
        operationId: 'redeliverWebhook',
        summary: 'Deliver again what failed, or one delivery',
        params: Path,
        body: Redeliver.nullish(),
        response: { 200: Redelivered, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return { count: await webhooks.redeliver(request.params.id, request.body?.deliveryId ?? null) };
    },
  );
}

import { type Http, noContent, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import {
  CreateWebhook,
  EditWebhook,
  ListQuery,
  listOf,
  Redeliver,
  Redelivered,
  RoomId,
  Webhook,
  WebhookDelivery,
  WebhookTest,
  WebhookWithSecret,
} from '@gongu/shared';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Webhooks } from '../product/webhooks.ts';
import { numberCursor, textCursor } from './cursor.ts';

export interface WebhookRoutesOptions {
  webhooks: Webhooks;
  /** @throws AppError FORBIDDEN for anybody but admins, services and back ends with the scope */
  requireKeeper: (request: FastifyRequest) => Promise<unknown>;
}

const BASE = '/api/trade/webhooks';
const KEEPERS: Record<string, string[]>[] = [{ user: [] }, { service: [] }, { shop: [] }];
const COMMON = { tags: ['webhooks'], security: KEEPERS };
const Path = z.object({ id: RoomId });
const REFUSALS = [...OF_ONE_KIND, 'RATE_LIMITED', ...OF_WRITER] as const;
const WebhookList = listOf(Webhook).meta({ id: 'WebhookList' });
const DeliveryList = listOf(WebhookDelivery).meta({ id: 'WebhookDeliveryList' });
const cursor = textCursor('webhooks');
const deliveryCursor = numberCursor('deliveries');

/** Endpoints of shops' back ends, and what they were told. */
export function webhookRoutes(app: Http, { webhooks, requireKeeper }: WebhookRoutesOptions): void {
  app.post(
    BASE,
    {
      schema: {
        ...COMMON,
        operationId: 'createWebhook',
        summary: 'Hear of what happens; the secret is told here and never again',
        body: CreateWebhook,
        response: { 201: WebhookWithSecret, ...problems(...REFUSALS, 'CONFLICT') },
      },
    },
    async (request, reply) => {
      await requireKeeper(request);
      const made = await webhooks.create(request.body);
      reply.code(201).header('Location', `${BASE}/${made.id}`);
      return made;
    },
  );

  app.get(
    BASE,
    {
      schema: {
        ...COMMON,
        operationId: 'listWebhooks',
        summary: 'List webhooks, oldest first',
        querystring: ListQuery,
        response: { 200: WebhookList, ...problems(...OF_ONE_KIND) },
      },
    },
    async (request) => {
      await requireKeeper(request);
      const { limit, cursor: text } = request.query;
      const { items, next } = await webhooks.list({ limit, after: cursor.decode(text) });
      return { items, nextCursor: cursor.encode(next) };
    },
  );

  app.get(
    `${BASE}/:id`,
    {
      schema: {
        ...COMMON,
        operationId: 'getWebhook',
        summary: 'One webhook',
        params: Path,
        response: { 200: Webhook, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.get(request.params.id);
    },
  );

  app.patch(
    `${BASE}/:id`,
    {
      schema: {
        ...COMMON,
        operationId: 'updateWebhook',
        summary: 'Change a webhook, or turn it off and on',
        params: Path,
        body: EditWebhook,
        response: { 200: Webhook, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.edit(request.params.id, request.body);
    },
  );

  app.delete(
    `${BASE}/:id`,
    {
      schema: {
        ...COMMON,
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
    `${BASE}/:id/rotate`,
    {
      schema: {
        ...COMMON,
        operationId: 'rotateWebhook',
        summary: 'Another secret; the one before it signs along for a day',
        params: Path,
        response: { 200: WebhookWithSecret, ...problems(...REFUSALS, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      return webhooks.rotate(request.params.id);
    },
  );

  app.post(
    `${BASE}/:id/test`,
    {
      schema: {
        ...COMMON,
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
    `${BASE}/:id/deliveries`,
    {
      schema: {
        ...COMMON,
        operationId: 'listWebhookDeliveries',
        summary: 'What became of events, newest first; for 30 days',
        params: Path,
        querystring: ListQuery,
        response: { 200: DeliveryList, ...problems(...OF_ONE_KIND, 'NOT_FOUND') },
      },
    },
    async (request) => {
      await requireKeeper(request);
      const { limit, cursor: text } = request.query;
      const page = { limit, after: deliveryCursor.decode(text) };
      const { items, next } = await webhooks.deliveries(request.params.id, page);
      return { items, nextCursor: deliveryCursor.encode(next) };
    },
  );

  app.post(
    `${BASE}/:id/redeliver`,
    {
      schema: {
        ...COMMON,
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

import { type Clock, type Http, problems } from '@gongu/host';
import { AppError, type ProductChange, RoomId } from '@gongu/shared';
import { z } from 'zod';
import type { SafeChange } from '../product/change-cursor.ts';
import type { ChangeFeed } from '../product/change-feed.ts';
import type { ChangeStore, NumberedChange } from '../product/ports/change-store.ts';
import { type EventStream, openEventStream } from './event-stream.ts';

export interface ProductEventsOptions {
  feed: ChangeFeed;
  store: ChangeStore;
  clock: Clock;
  /** Milliseconds between comments on a silent stream. */
  heartbeatMs: number;
  /** Most streams at once; 0 = any number. */
  maxStreams: number;
  /** A stream was refused, for there are as many as may be. */
  onRefused: () => void;
  /** 0 ≤ n < 1. */
  random: () => number;
}

/** Changes sent to somebody who comes back; who has missed more reads the list again. */
const RESUME_MAX = 1_000;
const QUEUE_BYTES = 262_144;
/** Milliseconds over which readers of an instance that goes away spread their return. */
const RETURN_WITHIN_MS = 3_000;
/** Milliseconds before which nobody who was refused shall come back, and at the latest: as of chat's streams. */
const REFUSED_FROM_MS = 1_000;
const REFUSED_TO_MS = 30_000;

/** Where a reader goes on. Empty: nowhere, as an EventSource has it that was told an empty one. */
const LastId = z.string().regex(/^[0-9]{0,15}$/, { error: 'must be the id of an event: a whole number' });

/** For a document: one of them is a list too. */
const LIST_OF_IDS = { type: 'array', maxItems: 100, items: z.toJSONSchema(RoomId, { target: 'openapi-3.0' }) };

const Query = z.object({
  productId: z
    .union([RoomId, z.array(RoomId).max(100)])
    .optional()
    .meta({ description: 'only these products; may be repeated', anyOf: undefined, ...LIST_OF_IDS }),
  lastEventId: LastId.optional().meta({ description: 'as the header, for readers that can not send it' }),
});

/**
 * `GET /api/products/events`: seats and status as they change, on whatever instance. `ready` opens a new stream, with
 * the number it begins after; `product` is a {@link ProductChange}; `reset` says that changes may have been missed and
 * the list should be read again. Every change comes at least once; `version` tells which of two is the newer.
 */
export function productEvents(
  app: Http,
  { feed, store, clock, heartbeatMs, maxStreams, onRefused, random }: ProductEventsOptions,
): void {
  const streams = new Set<EventStream>();
  let closing = false;
  /** Streams, and requests that are about to become one. */
  let taken = 0;
  /** One text for all listeners. */
  const rendered = new WeakMap<ProductChange, string>();

  function textOf(change: ProductChange): string {
    const text = rendered.get(change) ?? JSON.stringify(change);
    rendered.set(change, text);
    return text;
  }

  const end = (stream: EventStream) => stream.end(random() * RETURN_WITHIN_MS);
  app.addHook('preClose', async () => {
    closing = true;
    for (const stream of streams) end(stream);
  });

  // Else these two would be asked of a product by that id.
  app.route({
    method: ['HEAD', 'PATCH'],
    url: '/api/products/events',
    config: { refuses: true },
    schema: { hide: true } as object,
    handler: (_request, reply) => reply.callNotFound(),
  });
  app.route({
    method: 'GET',
    url: '/api/products/events',
    exposeHeadRoute: false,
    schema: {
      tags: ['products'],
      operationId: 'followProducts',
      summary: 'Live seats and status (server-sent events)',
      querystring: Query,
      headers: z.object({
        'last-event-id': LastId.optional().meta({ description: 'id of the last event; goes before the query' }),
      }),
      response: {
        200: {
          description: 'Events `ready`, `product` (a ProductChange) and `reset`',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems(),
      },
    },
    async handler(request, reply) {
      if (maxStreams > 0 && taken >= maxStreams) {
        onRefused();
        throw new AppError('UNAVAILABLE', {
          detail: 'This instance has all the streams that it takes',
          retryAfterMs: Math.round(REFUSED_FROM_MS + random() * (REFUSED_TO_MS - REFUSED_FROM_MS)),
        });
      }
      taken++;
      // Also of whoever goes away while he waits: an answer that nobody can get is closed too.
      if (reply.raw.destroyed) taken--;
      else reply.raw.once('close', () => taken--);
      const { productId, lastEventId } = request.query;
      const wanted = productId === undefined ? null : new Set([productId].flat());
      const held: SafeChange[] = [];
      let deliver = (changes: readonly SafeChange[]) => void held.push(...changes);
      // First listen, then look back: what comes in between is held, and nothing falls through.
      const { after, unsubscribe } = await feed.subscribe((changes) => deliver(changes));
      const last = request.headers['last-event-id'] || lastEventId || undefined;
      const missed = await missedSince(last, after).catch((error: unknown) => {
        unsubscribe();
        throw error;
      });

      const stream = openEventStream(reply, { clock, heartbeatMs, queueBytes: QUEUE_BYTES });
      streams.add(stream);
      void stream.closed.then(() => {
        streams.delete(stream);
        unsubscribe();
      });

      // A number that a reader may resume after: it never goes back, because he has all up to the one he came with.
      let id = Math.max(missed === null ? 0 : Number(last), missed === null ? after : 0);
      const sent = new Set<number>();
      const send = ({ seq, change }: NumberedChange, safe: number) => {
        if (sent.has(seq) || seq <= id) return;
        id = Math.max(id, safe);
        if (wanted === null || wanted.has(change.id)) stream.send({ id, event: 'product', data: textOf(change) });
      };
      if (missed === null) stream.send({ id, event: last === undefined ? 'ready' : 'reset', data: '{}' });
      for (const change of missed ?? []) {
        send(change, Math.min(change.seq, after));
        sent.add(change.seq);
      }
      deliver = (changes) => {
        for (const change of changes) send(change, change.safe);
      };
      deliver(held);
      // It was on its way while the others were ended.
      if (closing) end(stream);
    },
  });

  /** What came after `last`; null when nothing can be said about that, or there is too much of it. */
  async function missedSince(last: string | undefined, after: number): Promise<NumberedChange[] | null> {
    if (last === undefined) return null;
    const since = Number(last);
    const { lowest, highest } = await store.range();
    if (since > Math.max(highest, after) || since + 1 < lowest) return null;
    const missed = await store.read(since, [], RESUME_MAX + 1);
    return missed.length > RESUME_MAX ? null : missed;
  }
}

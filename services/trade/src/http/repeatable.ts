import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Answer, Repeatable } from '../product/once.ts';

/** Headers of a route that its caller may repeat. */
export const RepeatableHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(255, { error: 'must have at most 255 characters' })
    .optional()
    .meta({ description: 'with another payload than before, IDEMPOTENCY_CONFLICT' }),
});

/** What `once` needs of a request; null when it has no `Idempotency-Key`. `body` is compared as it was understood. */
export function repeatableOf(request: FastifyRequest, userId: string, body: unknown): Repeatable | null {
  const key = (request.headers as z.output<typeof RepeatableHeaders>)['idempotency-key'];
  if (key === undefined) return null;
  const { method, params } = request;
  return { userId, key, route: `${method} ${request.routeOptions.url}`, payload: { params, body } };
}

/** The answer's value. @throws the refusal that the first request got, marked as a repetition like a value */
export function unwrap<T>(answer: Answer<T>, reply: FastifyReply): T {
  if (answer.replayed) reply.header('Idempotent-Replayed', 'true');
  if ('error' in answer) throw answer.error;
  return answer.value;
}

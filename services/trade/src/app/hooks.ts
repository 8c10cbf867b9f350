import { randomUUID } from 'node:crypto';
import { createOutboundPost, type ServiceParts } from '@gongu/host';
import { v7 } from 'uuid';
import type { TradeEnv } from '../env.ts';
import type { TradeMetrics } from '../observe/metrics.ts';
import type { WebhookStore } from '../product/ports/webhook-store.ts';
import { createWebhooks } from '../product/webhooks.ts';
import { createDispatch } from '../webhook/dispatch.ts';
import { createSecretSeal } from '../webhook/secret-seal.ts';
import { createSend } from '../webhook/send.ts';

const ATTEMPT_MS = 15_000;

/** Webhooks, and what tells them; nothing of it runs yet. */
export function createHooks(
  { env, log, clock }: ServiceParts<TradeEnv>,
  { store, counts }: { store: WebhookStore; counts: Pick<TradeMetrics, 'webhookAttempt'> },
) {
  const outbound = createOutboundPost({
    ...{ allowPrivate: env.WEBHOOK_ALLOW_PRIVATE, maxSockets: 8, timeoutMs: ATTEMPT_MS },
  });
  const seal = createSecretSeal(env.SERVICE_JWT_SECRET);
  const send = createSend({ post: outbound.post, seal, now: clock.now });
  let quietUntil = Number.NEGATIVE_INFINITY;
  const dispatch = createDispatch({
    ...{ store, send, newClaim: randomUUID, random: Math.random },
    onAttempt: counts.webhookAttempt,
    onFailure(err) {
      // A database that is away for an hour is 60 lines, not 3 600.
      if (clock.monotonic() < quietUntil) return;
      quietUntil = clock.monotonic() + 60_000;
      log.warn({ event: 'webhooks.failed', err }, 'webhooks can not be delivered; tried again');
    },
  });
  const allowPrivate = env.WEBHOOK_ALLOW_PRIVATE;
  const webhooks = createWebhooks({
    store,
    secrets: seal,
    send,
    newId: v7,
    wake: dispatch.tick,
    now: clock.now,
    allowPrivate,
    max: env.MAX_WEBHOOKS === 0 ? null : env.MAX_WEBHOOKS,
  });
  return {
    webhooks,
    dispatch,
    async stop(): Promise<void> {
      await dispatch.stop();
      outbound.close();
    },
  };
}

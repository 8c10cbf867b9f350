import { randomUUID } from 'node:crypto';
import { createOutboundPost } from '../http/outbound-post.ts';
import type { ServiceEnv } from '../service/service-env.ts';
import type { ServiceParts } from '../service/service-parts.ts';
import { createDispatch, type DispatchOptions } from './dispatch.ts';
import { createSecretSeal } from './secret-seal.ts';
import { createSend } from './send.ts';
import type { WebhookStore } from './webhook-store.ts';
import { createWebhooks } from './webhooks.ts';

/** What a service with webhooks is told by its environment. */
export type HooksEnv = ServiceEnv & { readonly WEBHOOK_ALLOW_PRIVATE: boolean; readonly MAX_WEBHOOKS: number };

const ATTEMPT_MS = 15_000;

/** Webhooks, and what tells them; nothing of it runs yet. */
export function createHooks(
  { env, log, clock }: ServiceParts<HooksEnv>,
  { store, newId, onAttempt }: { store: WebhookStore; newId: () => string; onAttempt: DispatchOptions['onAttempt'] },
) {
  const outbound = createOutboundPost({
    // Of two endpoints at one host neither waits for the other: how many are under way says the dispatch.
    ...{ allowPrivate: env.WEBHOOK_ALLOW_PRIVATE, maxSockets: Number.POSITIVE_INFINITY, timeoutMs: ATTEMPT_MS },
  });
  const seal = createSecretSeal(env.SERVICE_JWT_SECRET);
  const send = createSend({ post: outbound.post, seal, now: clock.now });
  let quietUntil = Number.NEGATIVE_INFINITY;
  const dispatch = createDispatch({
    ...{ store, send, newClaim: randomUUID, random: Math.random, clock },
    onAttempt,
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
    newId,
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

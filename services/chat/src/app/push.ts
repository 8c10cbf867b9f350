import { setTimeout as delay } from 'node:timers/promises';
import type { ChatEnv } from '../env.ts';
import { createDeviceTeller } from '../jobs/absent-tellers.ts';
import type { ChatMetrics } from '../observe/metrics.ts';
import { createPushDelivery } from '../push/push-delivery.ts';
import { createPushSender } from '../push/push-sender.ts';
import { vapidKeysOf } from '../push/vapid-keys.ts';
import type { Store } from '../store/open-store.ts';

export interface PushParts {
  readonly env: ChatEnv;
  readonly store: Pick<Store, 'pushes'>;
  readonly counts: Pick<ChatMetrics, 'pushed'>;
  readonly failed: (what: string, error: unknown) => void;
}

/** Pushes to devices of who has not read: null where `PUSH_KEY` is not set. */
export function createPush({ env, store, counts, failed }: PushParts) {
  const { PUSH_KEY, PUSH_CONTACT } = env;
  if (PUSH_KEY === undefined || PUSH_CONTACT === undefined) return null;
  const keys = vapidKeysOf(PUSH_KEY);
  const { pushes } = store;
  const sender = createPushSender({ keys, contact: PUSH_CONTACT, allowPrivate: env.WEBHOOK_ALLOW_PRIVATE });
  const delivery = createPushDelivery({
    ...{ sender, pushes, onOutcome: counts.pushed, onFailure: failed },
    // Ended by the signal, it has waited long enough.
    wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal, ref: false }).catch(() => {}),
  });
  return {
    publicKey: keys.publicKey,
    teller: createDeviceTeller({
      ...{ pushes, afterS: env.ABSENT_AFTER_S, withText: env.ABSENT_TEXT, tell: delivery.add },
    }),
    async end(): Promise<void> {
      await delivery.end();
      sender.close();
    },
  };
}

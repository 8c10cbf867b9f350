import { createHash } from 'node:crypto';
import { createOutboundPost, type Posted } from '@gongu/host';
import type { PushTarget } from '@gongu/shared';
import webPush from 'web-push';
import type { VapidKeys } from './vapid-keys.ts';

export interface PushSenderOptions {
  readonly keys: VapidKeys;
  /** `mailto:` or `https:`: whom a push service may ask about these pushes (RFC 8292). */
  readonly contact: string;
  /** Whether push services may be at private addresses; else these are refused as they are connected to. */
  readonly allowPrivate: boolean;
  /** Certificates of authorities, PEM, instead of those that Node.js trusts. */
  readonly ca?: string;
}

/** `gone`: the subscription has ended. `again`: may be tried once more, after `afterMs` where the push service said so. */
export type PushOutcome =
  | { readonly kind: 'sent' | 'gone' | 'refused' }
  | { readonly kind: 'again'; readonly afterMs: number | null };

/** A push that nobody fetched within a day says nothing any more, seconds. */
const TTL_S = 86_400;
/** Milliseconds for all of one request. */
const REQUEST_MS = 15_000;

/** Posts encrypted pushes to push services (RFC 8030). */
export function createPushSender({ keys, contact, allowPrivate, ca }: PushSenderOptions) {
  const outbound = createOutboundPost({
    ...{ allowPrivate, maxSockets: 100, timeoutMs: REQUEST_MS, ...(ca === undefined ? {} : { ca }) },
  });

  return {
    /** Never rejects. `topic`: of pushes with the same one, a device that was off gets the newest. */
    async send({ endpoint, keys: encryption }: PushTarget, payload: string, topic: string): Promise<PushOutcome> {
      try {
        const { headers, body } = webPush.generateRequestDetails({ endpoint, keys: encryption }, payload, {
          vapidDetails: { subject: contact, ...keys },
          contentEncoding: 'aes128gcm',
          TTL: TTL_S,
          topic: createHash('sha256').update(topic).digest('base64url').slice(0, 32),
        });
        return outcomeOf(await outbound.post(endpoint, headers as Record<string, string>, body));
      } catch {
        // Keys that are no point of the curve; they came from a browser, or from nobody.
        return { kind: 'refused' };
      }
    },
    close: outbound.close,
  };
}

export type PushSender = ReturnType<typeof createPushSender>;

/** Redirects are followed nowhere: a push service has none. */
function outcomeOf(posted: Posted): PushOutcome {
  if (posted.status === null) return { kind: 'again', afterMs: null };
  const { status, retryAfterMs } = posted;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 404 || status === 410) return { kind: 'gone' };
  if (status === 408 || status === 429 || status >= 500) return { kind: 'again', afterMs: retryAfterMs };
  return { kind: 'refused' };
}

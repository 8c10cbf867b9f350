import PQueue from 'p-queue';
import type { Absent, PushStore } from '../room/ports/push-store.ts';
import { pushPayload } from './push-payload.ts';
import type { PushOutcome, PushSender } from './push-sender.ts';

export interface PushDeliveryOptions {
  readonly sender: Pick<PushSender, 'send'>;
  readonly pushes: Pick<PushStore, 'drop'>;
  /** Resolves after so many milliseconds, or when the service ends. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** `failed`: not delivered after all attempts. `dropped`: too much was waiting for the same push service. */
  readonly onOutcome: (outcome: 'sent' | 'gone' | 'refused' | 'failed' | 'dropped') => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** Requests to one push service at a time. */
const AT_ONCE = 20;
/** Pushes that wait for one push service. */
const WAITING_MAX = 10_000;
/** Milliseconds until each further attempt. */
const ATTEMPTS_AFTER_MS = [2_000, 10_000];
/** What a push service may ask for at most. */
const RETRY_AFTER_MAX_MS = 60_000;

/** Hands pushes to push services, each of which waits for itself alone: one that hangs holds up no other. */
export function createPushDelivery({ sender, pushes, wait, onOutcome, onFailure }: PushDeliveryOptions) {
  const queues = new Map<string, PQueue>();
  const ending = new AbortController();

  async function deliver(absent: Absent): Promise<void> {
    if (ending.signal.aborted) return;
    const payload = pushPayload(absent);
    const { target, roomId } = absent;
    let outcome: PushOutcome = await sender.send(target, payload, roomId);
    for (const afterMs of ATTEMPTS_AFTER_MS) {
      if (outcome.kind !== 'again') break;
      await wait(Math.min(Math.max(outcome.afterMs ?? 0, afterMs), RETRY_AFTER_MAX_MS), ending.signal);
      if (ending.signal.aborted) return;
      outcome = await sender.send(target, payload, roomId);
    }
    onOutcome(outcome.kind === 'again' ? 'failed' : outcome.kind);
    if (outcome.kind !== 'gone') return;
    try {
      await pushes.drop(target.endpoint);
    } catch (error) {
      onFailure('removal of a device', error);
    }
  }

  return {
    /** Returns at once. */
    add(absent: Absent): void {
      const { origin } = new URL(absent.target.endpoint);
      let queue = queues.get(origin);
      if (!queue) {
        queue = new PQueue({ concurrency: AT_ONCE });
        queue.once('idle', () => queues.delete(origin));
        queues.set(origin, queue);
      }
      if (queue.size >= WAITING_MAX) onOutcome('dropped');
      else void queue.add(() => deliver(absent));
    },

    /** What waits is given up; resolves when what was being sent has ended. */
    async end(): Promise<void> {
      ending.abort();
      await Promise.all([...queues.values()].map((queue) => queue.onIdle()));
    },
  };
}

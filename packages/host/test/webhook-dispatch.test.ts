import { manualClock } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { createDispatch } from '../src/webhooks/dispatch.ts';
import type { Attempt, ClaimedDelivery } from '../src/webhooks/webhook-store.ts';

it('what ends while time stands still is settled when the service ends, and the end does not wait for time', async () => {
  const settled: Attempt[] = [];
  const due: ClaimedDelivery[] = ['1', '2'].map((id) => ({
    ...{ id, messageId: `msg_${id}`, webhookId: 'w', url: 'https://shop.example/', secrets: [], attempts: 0 },
    ...{ type: 'webhook.test', timestamp: '2026-01-01T00:00:00.000Z', data: {} },
  }));
  const faults: unknown[] = [];
  const dispatch = createDispatch({
    store: {
      any: async () => true,
      fanOut: async () => 0,
      claim: async () => due.splice(0),
      settle: async (attempts) => settled.push(...attempts),
    },
    send: async ({ messageId }) =>
      messageId === 'msg_1' ? { status: 204, retryAfterMs: null } : { status: 503, retryAfterMs: 9_000 },
    newClaim: () => 'c',
    clock: manualClock(0),
    random: () => 0.5,
    onFailure: (error) => faults.push(error),
    onAttempt: () => {},
  });
  await dispatch.tick();
  await expect.poll(() => due.length).toBe(0);
  dispatch.onCommit();
  await dispatch.stop();
  const of = { claim: 'c', attempts: 0, error: null, delayMs: 0 };
  expect(settled).toEqual([
    { ...of, id: '1', outcome: 'delivered', answer: 204 },
    { ...of, id: '2', outcome: 'retry', answer: 503, error: 'status 503', delayMs: 9_000 },
  ]);
  expect(faults).toEqual([]);
});

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPushDelivery } from '../../src/push/push-delivery.ts';
import type { PushOutcome } from '../../src/push/push-sender.ts';
import type { Absent } from '../../src/room/ports/push-store.ts';

const absent = (endpoint: string): Absent => ({
  ...{ roomId: 'r', title: 't', unread: 1, newest: null },
  target: { endpoint, keys: { p256dh: '', auth: '' } },
});

/** A delivery of which `answer` says what comes of each attempt, and whose waiting takes no time. */
function given(answer: (endpoint: string, attempt: number) => PushOutcome | Promise<PushOutcome>) {
  const attempts = new Map<string, number>();
  const waited: number[] = [];
  const outcomes: string[] = [];
  const dropped: string[] = [];
  const delivery = createPushDelivery({
    sender: {
      async send({ endpoint }) {
        const attempt = (attempts.get(endpoint) ?? 0) + 1;
        attempts.set(endpoint, attempt);
        return answer(endpoint, attempt);
      },
    },
    pushes: { drop: async (endpoint) => void dropped.push(endpoint) },
    wait: async (milliseconds, signal) => {
      waited.push(milliseconds);
      if (milliseconds === 60_000) await delay(60_000, undefined, { signal }).catch(() => {});
    },
    onOutcome: (outcome) => void outcomes.push(outcome),
    onFailure: (what) => expect.fail(what),
  });
  return { delivery, attempts, waited, outcomes, dropped };
}

describe('delivery of pushes', () => {
  it('tries three times, later where the push service says so, and then gives up', async () => {
    const { delivery, attempts, waited, outcomes } = given((endpoint, attempt) =>
      endpoint.endsWith('flaps') && attempt === 3 ? { kind: 'sent' } : { kind: 'again', afterMs: attempt * 5_000 },
    );
    delivery.add(absent('https://one.example/flaps'));
    await expect.poll(() => outcomes).toEqual(['sent']);
    delivery.add(absent('https://one.example/away'));
    await expect.poll(() => outcomes).toEqual(['sent', 'failed']);
    expect([...attempts.values()]).toEqual([3, 3]);
    expect(waited).toEqual([5_000, 10_000, 5_000, 10_000]);
  });

  it('removes a device that is gone, and none that only refuses', async () => {
    const { delivery, outcomes, dropped } = given((endpoint) => ({
      kind: endpoint.endsWith('gone') ? 'gone' : 'refused',
    }));
    delivery.add(absent('https://one.example/gone'));
    delivery.add(absent('https://one.example/refused'));
    await expect.poll(() => outcomes.sort()).toEqual(['gone', 'refused']);
    expect(dropped).toEqual(['https://one.example/gone']);
  });

  it('waits for no push service that hangs, but with pushes to the same; and ends at once when the service does', async () => {
    const hanging: (() => void)[] = [];
    const { delivery, outcomes, attempts } = given((endpoint) =>
      endpoint.includes('hangs')
        ? new Promise((resolve) => hanging.push(() => resolve({ kind: 'again', afterMs: 90_000 })))
        : { kind: 'sent' },
    );
    for (let i = 0; i < 10_050; i++) delivery.add(absent(`https://hangs.example/${i}`));
    for (let i = 0; i < 50; i++) delivery.add(absent(`https://works.example/${i}`));
    await expect.poll(() => outcomes.filter((one) => one === 'sent').length).toBe(50);
    // Twenty are under way and ten thousand wait.
    expect(outcomes.filter((one) => one === 'dropped').length).toBe(30);
    expect([...attempts.keys()].filter((one) => one.includes('hangs')).length).toBe(20);
    const ended = delivery.end();
    for (const release of hanging) release();
    await ended;
    expect(attempts.size).toBe(70);
  });
});

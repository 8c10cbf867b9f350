import { manualClock } from '@gongu/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairQueue, turnKey } from '../src/index.ts';

/** A queue whose tasks end when they are told to. */
function given(places: number) {
  const clock = manualClock();
  let late = 0;
  const queue = createFairQueue({ places, waitMs: 5_000, clock, onLate: () => late++ });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  return {
    ...{ clock, queue, begun },
    late: () => late,
    ask(key: string, onGone?: (leave: () => void) => void) {
      const asked = queue.run({ key: () => key, ...(onGone && { onGone }) }, () => {
        begun.push(key);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
      asked.catch(() => {});
      return asked;
    },
    /** Ends the oldest task that is at work, and lets what follows begin. */
    async end() {
      ends.shift()!();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a fair queue', () => {
  it('gives places at once while there are some, and asks nobody who he is', async () => {
    const { queue } = given(3);
    const key = () => expect.unreachable();
    expect(await Promise.all([1, 2, 3].map((n) => queue.run({ key }, async () => n)))).toEqual([1, 2, 3]);
    expect(await queue.run({ key }, async () => 4)).toBe(4);
  });

  it('keeps a neighbour waiting for one task of a client that has asked a thousand times', async () => {
    const { ask, begun, end } = given(2);
    for (let i = 0; i < 1_000; i++) void ask('flood');
    void ask('neighbour');
    await end();
    await end();
    expect(begun).toEqual(['flood', 'flood', 'flood', 'neighbour']);
  });

  it('takes clients in turn, and each one’s tasks in their order', async () => {
    const { ask, begun, end } = given(1);
    for (const key of ['a', 'a', 'a', 'b', 'b', 'c']) void ask(key);
    for (let i = 0; i < 5; i++) await end();
    expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'b']);
  });

  it('lets nobody overtake by asking again and again', async () => {
    const { ask, begun, end } = given(1);
    void ask('a');
    void ask('b');
    void ask('c');
    for (let i = 0; i < 4; i++) {
      void ask('a');
      await end();
    }
    expect(begun.slice(0, 4)).toEqual(['a', 'b', 'c', 'a']);
  });

  it('refuses who waited for too long, and gives the place to others', async () => {
    const { ask, begun, clock, end, late, queue } = given(1);
    void ask('a');
    const waiting = ask('b');
    await clock.advance(4_999);
    void ask('c');
    expect(queue.waiting()).toBe(2);
    await clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    expect([late(), queue.waiting(), queue.clients()]).toEqual([1, 1, 1]);
    await end();
    expect(begun).toEqual(['a', 'c']);
    await clock.advance(60_000);
    expect(late()).toBe(1);
  });

  it('lets go who does not wait any more', async () => {
    const { ask, begun, end, late, queue } = given(1);
    const leaves: (() => void)[] = [];
    void ask('a');
    const gone = ask('b', (leave) => void leaves.push(leave));
    const goneBefore = ask('b', (leave) => leave());
    void ask('c');
    for (const leave of leaves) leave();
    await expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(goneBefore).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await end();
    for (const leave of leaves) leave();
    expect([begun, late(), queue.waiting()]).toEqual([['a', 'c'], 0, 0]);
  });

  it('has its places back from tasks that throw', async () => {
    const { queue } = given(1);
    const fail = () => {
      throw new Error('no');
    };
    await expect(queue.run({ key: () => 'a' }, fail)).rejects.toThrow('no');
    await expect(queue.run({ key: () => 'a' }, async () => fail())).rejects.toThrow('no');
    expect(await queue.run({ key: () => 'a' }, async () => 1)).toBe(1);
  });

  it('never has more at work than places nor fewer than it could, and overtakes a client by one of each other', async () => {
    const moves = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.constant('end')), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), moves, async (places, moves) => {
        const { ask, begun, end, queue } = given(places);
        let asked = 0;
        let ended = 0;
        const since = new Map<string, number>();
        for (const move of moves) {
          if (move !== 'end') {
            void ask(move);
            asked++;
            if (!begun.includes(move)) since.set(move, since.get(move) ?? begun.length);
          } else if (ended < begun.length) {
            await end();
            ended++;
          }
          expect(begun.length - ended).toBe(Math.min(places, asked - ended));
          expect(queue.waiting()).toBe(asked - begun.length);
        }
        for (const [key, from] of since) {
          const until = begun.indexOf(key);
          if (until >= 0) expect(until - from).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:203.0.113.5', '203.0.113.5'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['unknown', ''],
])('has its turn with its own network: %s', (address, key) => {
  expect(turnKey(address)).toBe(key);
});

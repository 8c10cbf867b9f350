import type { ProductFacets } from '@gongu/shared';
import { expect, it } from 'vitest';
import { createProducts } from '../../src/product/products.ts';
import { caller } from '../fixture/people.ts';

/** Products on a store whose readings of facets end when they are told to; the n-th finds n of one category. */
function given() {
  let nowMs = 0;
  const readings: { end(): void; fail(): void }[] = [];
  const products = createProducts({
    store: {
      facets: () =>
        new Promise<ProductFacets>((resolve, reject) => {
          const count = readings.length + 1;
          readings.push({
            end: () => resolve({ categories: [{ name: '과일', count }], tags: [] }),
            fail: () => reject(new Error('no database')),
          });
        }),
      end: async () => ({ outcome: 'ok', product: {} }),
    } as never,
    once: (_, task) => task(null as never) as never,
    newId: () => 'p',
    ...{ deadlineMaxDays: null, maxOpen: null, now: () => nowMs },
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    readings,
    settled,
    asked: async () => (await products.facets()).categories[0]!.count,
    pass(milliseconds: number): void {
      nowMs += milliseconds;
    },
    write: () => products.close(caller('sel', { roles: ['seller'] }), 'p'),
  };
}

it('are read once for all who ask within five seconds, and then anew, once for all who wait', async () => {
  const { readings, settled, asked, pass } = given();
  const first = Promise.all([asked(), asked()]);
  readings[0]!.end();
  expect(await first).toEqual([1, 1]);
  pass(4_999);
  expect(await asked()).toBe(1);
  pass(1);
  const second = [asked(), asked()];
  expect(readings).toHaveLength(2);
  pass(6_000);
  // Older than that by now, and still under way: the next one waits for it.
  const third = [asked(), asked()];
  expect(readings).toHaveLength(2);
  readings[1]!.end();
  expect(await Promise.all(second)).toEqual([2, 2]);
  await settled();
  readings[2]!.end();
  expect(await Promise.all(third)).toEqual([3, 3]);
  expect(readings).toHaveLength(3);
});

it('are read anew after what was changed here, by a reading that began after it', async () => {
  const { readings, settled, asked, write } = given();
  const before = asked();
  await write();
  const after = asked();
  readings[0]!.end();
  expect(await before).toBe(1);
  await settled();
  readings[1]!.end();
  expect([await after, await asked()]).toEqual([2, 2]);
  await write();
  const last = asked();
  readings[2]!.end();
  expect(await last).toBe(3);
});

it('that could not be read are read for the next who asks', async () => {
  const { readings, settled, asked } = given();
  const failed = asked();
  readings[0]!.fail();
  await expect(failed).rejects.toThrow('no database');
  await settled();
  const next = asked();
  readings[1]!.end();
  expect(await next).toBe(2);
});

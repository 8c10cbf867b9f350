import { AppError } from '@gongu/shared';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGroupCommit, type GroupCommitOptions } from '../../src/room/group-commit.ts';

/** Batches that end when told to. */
function held(options: Partial<GroupCommitOptions<number, string>> = {}) {
  const batches: { items: readonly number[]; done: (results: readonly string[]) => void; fail: (e: Error) => void }[] =
    [];
  const group = createGroupCommit<number, string>({
    run: (items) => new Promise((done, fail) => batches.push({ items, done, fail })),
    ...options,
  });
  const finish = (at: number) => batches[at]!.done(batches[at]!.items.map((item) => `done ${item}`));
  return { group, batches, finish };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('puts what one turn of the event loop brings into the first batch, in its order', async () => {
    const { group, batches, finish } = held();
    const results = Promise.all([1, 2, 3].map((item) => group.add(item)));
    await turn();
    expect(batches.map((batch) => batch.items)).toEqual([[1, 2, 3]]);
    finish(0);
    expect(await results).toEqual(['done 1', 'done 2', 'done 3']);
  });

  it('has one batch under way, and makes the next of all that came meanwhile', async () => {
    const { group, batches, finish } = held();
    const first = group.add(1);
    await turn();
    const others = [2, 3].map((item) => group.add(item));
    await turn();
    others.push(group.add(4));
    await turn();
    expect(batches).toHaveLength(1);
    expect(group.size()).toBe(3);
    finish(0);
    await first;
    await turn();
    expect(batches[1]!.items).toEqual([2, 3, 4]);
    finish(1);
    expect(await Promise.all(others)).toEqual(['done 2', 'done 3', 'done 4']);
    expect(group.size()).toBe(0);
  });

  describe('with a spacing', () => {
    beforeEach(() => {
      vi.useFakeTimers({ now: 0 });
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

    it('begins the next batch that long after the last one began, when something waited at its end', async () => {
      const { group, batches, finish } = held({ spacingMs: () => 10 });
      void group.add(1);
      await pass(2);
      void group.add(2);
      finish(0);
      await pass(7);
      void group.add(3);
      expect(batches).toHaveLength(1);
      await pass(1);
      expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    });

    it('holds nothing up that finds nothing waiting, nor anything when the last batch took that long', async () => {
      const { group, batches, finish } = held({ spacingMs: () => 10 });
      void group.add(1);
      await pass(1);
      finish(0);
      await pass(1);
      void group.add(2);
      await pass(0);
      expect(batches).toHaveLength(2);
      void group.add(3);
      await pass(10);
      finish(1);
      await pass(0);
      expect(batches).toHaveLength(3);
    });

    it('holds up no batch of a hundred', async () => {
      const { group, batches, finish } = held({ spacingMs: () => 10 });
      void group.add(0);
      await pass(1);
      for (let item = 1; item <= 99; item++) void group.add(item);
      finish(0);
      await pass(1);
      expect(batches).toHaveLength(1);
      void group.add(100);
      await pass(0);
      expect(batches[1]!.items).toHaveLength(100);
    });

    it('is idle only when what it held up is done', async () => {
      const { group, batches, finish } = held({ spacingMs: () => 10 });
      void group.add(1);
      await pass(1);
      void group.add(2);
      finish(0);
      await pass(1);
      let idle = false;
      void group.idle().then(() => {
        idle = true;
      });
      await pass(8);
      expect([batches.length, idle]).toEqual([2, false]);
      finish(1);
      await pass(0);
      expect(idle).toBe(true);
    });
  });

  it('keeps nobody waiting for a store that is away: who waits is told UNAVAILABLE with the batch that failed', async () => {
    const { group, batches, finish } = held();
    const first = group.add(1).catch((error: AppError) => error);
    await turn();
    const others = [2, 3].map((item) => group.add(item).catch((error: AppError) => error));
    batches[0]!.fail(new AppError('INTERNAL', { detail: 'the outcome is unknown', retryAfterMs: 2_000 }));
    expect(await first).toMatchObject({ code: 'INTERNAL' });
    for (const other of others) expect(await other).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 2_000 });
    expect(group.size()).toBe(0);
    expect(batches).toHaveLength(1);
    // What comes after it is tried.
    const later = group.add(4);
    await turn();
    finish(1);
    expect(await later).toBe('done 4');
  });

  it('lets those who wait have their turn after a batch that failed by its own fault', async () => {
    const { group, batches, finish } = held();
    const first = group.add(1).catch((error: Error) => error);
    await turn();
    const other = group.add(2);
    batches[0]!.fail(new Error('bad'));
    expect(await first).toMatchObject({ message: 'bad' });
    await turn();
    finish(1);
    expect(await other).toBe('done 2');
  });

  it('has a second batch of other keys under way once many wait, and keeps what shares a key in its order', async () => {
    const { group, batches, finish } = held({ orderBy: (item) => String(item % 200) });
    const results: Promise<string>[] = [];
    const add = (...items: number[]) => results.push(...items.map((item) => group.add(item)));
    add(0);
    await turn();
    // 200 and 400 share the key of 0: they wait for it.
    add(200, ...Array.from({ length: 98 }, (_, i) => i + 1));
    await turn();
    expect(batches).toHaveLength(1);
    add(400, 99, 100);
    await turn();
    expect(batches[1]!.items).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    add(101, 201);
    await turn();
    expect(batches).toHaveLength(2);
    finish(0);
    await results[0];
    await turn();
    // One is under way, and few wait.
    expect(batches).toHaveLength(2);
    finish(1);
    await results[2];
    await turn();
    expect(batches[2]!.items.toSorted((a, b) => a - b)).toEqual([101, 200, 201, 400]);
    expect(batches[2]!.items.indexOf(200)).toBeLessThan(batches[2]!.items.indexOf(400));
    finish(2);
    await Promise.all(results);
    await group.idle();
  });

  it('never has one key in two batches, and never turns two items of it around, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 299 }), { minLength: 300, maxLength: 600, size: 'max' }),
        fc.infiniteStream(fc.boolean()),
        async (keys, choices) => {
          const underWay: { items: readonly number[]; done: (results: readonly number[]) => void }[] = [];
          const done: number[] = [];
          const group = createGroupCommit<number, number>({
            run: (items) => new Promise((resolve) => underWay.push({ items, done: resolve })),
            batchMax: 150,
            orderBy: (item) => String(keys[item]),
          });
          const finishOne = async () => {
            const open = underWay.map(({ items }) => new Set(items.map((item) => keys[item])));
            expect(open.length).toBeLessThanOrEqual(2);
            if (open.length === 2) pairs++;
            if (open.length === 2) expect([...open[0]!].filter((key) => open[1]!.has(key))).toEqual([]);
            const [batch] = underWay.splice(underWay.length > 1 && choices.next().value ? 1 : 0, 1);
            if (!batch) return;
            done.push(...batch.items);
            batch.done(batch.items);
            await turn();
          };
          let pairs = 0;
          const all = keys.slice(0, 40).map((_, item) => group.add(item));
          await turn();
          all.push(...keys.slice(40).map((_, i) => group.add(40 + i)));
          await turn();
          while (done.length < keys.length) await finishOne();
          expect(await Promise.all(all)).toEqual(keys.map((_, item) => item));
          expect(pairs).toBeGreaterThan(0);
          for (let key = 0; key < 300; key++) {
            const own = done.filter((item) => keys[item] === key);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('splits what waits into batches of batchMax', async () => {
    const sizes: number[] = [];
    const group = createGroupCommit<number, number>({
      run: async (items) => items,
      batchMax: 4,
      observe: (size, milliseconds) => {
        sizes.push(size);
        expect(milliseconds).toBeGreaterThanOrEqual(0);
      },
    });
    const items = Array.from({ length: 10 }, (_, i) => i);
    expect(await Promise.all(items.map((item) => group.add(item)))).toEqual(items);
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('refuses with UNAVAILABLE what exceeds the queue, and does the rest', async () => {
    const { group, batches, finish } = held({ queueMax: 2 });
    const first = group.add(1);
    await turn();
    const [second, third] = [group.add(2), group.add(3)];
    const fourth = await group.add(4).catch((error: unknown) => error);
    expect(fourth).toBeInstanceOf(AppError);
    expect(fourth).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    finish(0);
    await first;
    await turn();
    finish(1);
    expect(await Promise.all([second, third])).toEqual(['done 2', 'done 3']);
    expect(batches.flatMap((batch) => batch.items)).toEqual([1, 2, 3]);
  });

  it('tells the failure of a batch to each of its items and goes on with the next', async () => {
    const { group, batches, finish } = held();
    const doomed = [1, 2].map((item) => group.add(item).catch((error: Error) => error.message));
    await turn();
    const fine = group.add(3);
    batches[0]!.fail(new Error('no disk'));
    expect(await Promise.all(doomed)).toEqual(['no disk', 'no disk']);
    await turn();
    finish(1);
    expect(await fine).toBe('done 3');
  });

  it('survives a batch that throws before it awaits anything', async () => {
    const throwing = createGroupCommit<number, number>({
      run: () => {
        throw new Error('at once');
      },
    });
    await expect(throwing.add(1)).rejects.toThrow('at once');
    await expect(throwing.add(2)).rejects.toThrow('at once');
  });
});

import { AppError } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
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

import { expect, it } from 'vitest';
import { Ordered } from '../../src/session/client-rooms.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('runs tasks of one key one after the other and those of other keys beside them', async () => {
  const ordered = new Ordered();
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string) => () => {
    began.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  ordered.run('a', task('a1'));
  ordered.run('a', task('a2'));
  ordered.run('b', task('b1'));
  await turn();
  expect(began).toEqual(['a1', 'b1']);
  expect(ordered.size).toBe(3);
  ends.get('b1')!();
  await turn();
  expect([ordered.busy('a'), ordered.busy('b'), ordered.busy('c')]).toEqual([true, false, false]);
  ends.get('a1')!();
  await turn();
  expect(began).toEqual(['a1', 'b1', 'a2']);
  ends.get('a2')!();
  await turn();
  expect([ordered.size, ordered.busy('a')]).toEqual([0, false]);
});

it('keeps the order of tasks that are added while earlier ones end', async () => {
  const ordered = new Ordered();
  const done: number[] = [];
  for (let i = 0; i < 50; i++) {
    ordered.run('a', async () => {
      if (i % 3 === 0) await turn();
      done.push(i);
      if (i === 10) ordered.run('a', async () => void done.push(99));
    });
  }
  while (ordered.size > 0) await turn();
  expect(done).toEqual([...Array.from({ length: 50 }, (_, i) => i), 99]);
});

import { expect, it } from 'vitest';
import { interleaved } from '../interleaved.ts';

it('begins every other round at the end, so that a drift meets all alike', () => {
  expect(interleaved(4, ['that', 'this']).flat().join(' ')).toBe('that this this that that this this that');
  expect(interleaved(3, [1, 2, 3])).toEqual([
    [1, 2, 3],
    [3, 2, 1],
    [1, 2, 3],
  ]);
  expect(interleaved(1, ['one'])).toEqual([['one']]);
});

import { LIMITS } from '@gongu/shared';
import { expect, it } from 'vitest';
import { randomNickname } from '../../src/room/nickname.ts';

it('a random nickname is one of 1 600, an adjective and a noun that fit a token’s claim', () => {
  const all = new Set<string>();
  for (let i = 0; i < 40; i++) {
    for (let j = 0; j < 40; j++) {
      const draws = [i, j];
      all.add(
        randomNickname((below) => {
          expect(below).toBe(40);
          return draws.shift()!;
        }),
      );
    }
  }
  expect(all.size).toBe(1_600);
  for (const name of all) {
    expect(name).toMatch(/^[가-힣]+ [가-힣]+$/);
    expect(name.length).toBeLessThanOrEqual(LIMITS.nicknameChars);
  }
});

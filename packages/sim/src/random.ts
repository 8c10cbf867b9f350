/** Chance that a seed decides: the same seed, the same values in the same order. */
export interface Random {
  /** 0 to below 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** @throws RangeError for an empty list */
  pick<T>(from: readonly T[]): T;
  /** All of them in another order. */
  shuffle<T>(all: readonly T[]): T[];
  chance(probability: number): boolean;
  /** A stream of its own, so that one part's draws do not move another's. */
  fork(name: string): Random;
}

/** Mulberry32: 32 bits of state, and good enough to choose what breaks next. @param seed any integer */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
    between: (least, most) => least + Math.floor(random.next() * (most - least + 1)),
    pick(from) {
      if (from.length === 0) throw new RangeError('nothing to pick from');
      return from[Math.floor(random.next() * from.length)]!;
    },
    shuffle(all) {
      const left = [...all];
      return all.map(() => left.splice(Math.floor(random.next() * left.length), 1)[0]!);
    },
    chance: (probability) => random.next() < probability,
    fork: (name) => createRandom(hash(`${seed}/${name}`)),
  };
  return random;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

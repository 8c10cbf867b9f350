/**
 * `all` in the order in which they take their turns, a list for each of `count` rounds: every other round begins at the
 * end (ABBA), so that a drift of the machine meets all alike.
 */
export function interleaved<T>(count: number, all: readonly T[]): T[][] {
  return Array.from({ length: count }, (_, round) => (round % 2 === 0 ? [...all] : [...all].reverse()));
}

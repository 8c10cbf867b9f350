/** How many of the first of `sizes` are at most `budget` together. */
export function countFitting(sizes: readonly number[], budget: number): number {
  let left = budget;
  for (let i = 0; i < sizes.length; i++) {
    left -= sizes[i]!;
    if (left < 0) return i;
  }
  return sizes.length;
}

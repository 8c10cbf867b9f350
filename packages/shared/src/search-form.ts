/** Characters of a search, after NFKC and case folding. */
export const SEARCH_CHARS = { least: 2, most: 64 } as const;

/**
 * A text as searches compare it: NFKC and full case folding, so that full-width, decomposed and capital letters are what
 * they look like. Idempotent.
 */
export function searchForm(content: string): string {
  // Lower, upper and lower again is full case folding (ẞ, ß and SS are ss), but for sigma at the end of a word.
  const folded = content.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFKC');
}

/** A product's version as an entity tag. */
export function etagOf({ version }: { version: number }): string {
  return `"${version}"`;
}

/**
 * Versions that `If-Match` allows; null: any (`*`, or no header). Weak tags never match (RFC 9110 §13.1.1), and neither
 * does a tag that is not ours: the list may be empty. A bare number is taken for the tag it means.
 */
export function versionsIn(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  return ifMatch
    .split(',')
    .map((tag) => /^(?:"(\d{1,9})"|(\d{1,9}))$/.exec(tag.trim()))
    .flatMap((match) => (match ? [Number(match[1] ?? match[2])] : []));
}

/** Whether `If-None-Match` names the version: the caller has it already. Weak tags match here (RFC 9110 §13.1.2). */
export function isKnown(ifNoneMatch: string | undefined, product: { version: number }): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etagOf(product));
}

import type { FinalRoom } from './evidence.ts';
import { differenceOf } from './final-room.ts';
import type { Violation } from './violation.ts';

/** Searches find every message that has the text, and no other: none that was deleted, and none by a text it no longer has. */
export function checkSearches({ roomId, messages, searches = [] }: FinalRoom): readonly Violation[] {
  return searches.flatMap(({ text, seqs }): Violation[] => {
    const found = messages.filter(
      ({ kind, isDeleted, content }) => kind !== 'SYSTEM' && !isDeleted && plain(content).includes(plain(text)),
    );
    const expected = found.map(({ seq }) => `${seq}`);
    const differing = differenceOf(expected, seqs.map(String));
    if (differing === null && expected.length === seqs.length) return [];
    const told = `${roomId}: a search finds ${seqs.length} messages of ${expected.length}, and differs by ${differing}`;
    return [{ kind: 'diverged', roomId, client: null, seqs, text: told }];
  });
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

import type { ChatMessage, Outgoing, PublicUser } from '@gongu/client';
import { nameOf } from '../strings/name-of.ts';

/** The name that is being written after an `@` before the caret: where the `@` stands, and what there is of it. */
export function mentionAt(text: string, caret: number): { readonly from: number; readonly query: string } | null {
  const query = /(?:^|[\s(])@([^\s@]{0,40})$/u.exec(text.slice(0, caret))?.[1];
  return query === undefined ? null : { from: caret - query.length - 1, query };
}

/** The longest first: one name may begin with another. */
const byLength = (a: string, b: string) => b.length - a.length;

/**
 * Whom a text mentions, by what stands in it: `@` and the whole name; `everyone` after it: all.
 *
 * @param chosen who was chosen, or mentioned before: of several who bear a name, these; none of them: each. Who is not among
 *   `people` stays mentioned as long as there is another `@`, since his name is not known.
 */
export function mentionsIn(
  text: string,
  people: readonly PublicUser[],
  everyone: string | null,
  chosen: readonly string[] = [],
) {
  const mentions: string[] = [];
  let rest = text;
  const takes = (name: string) => {
    const before = rest;
    // What stands in a mail address, or in a longer word, is not he; a particle may follow.
    rest = rest.replaceAll(`@${name}`, (found, at: number) =>
      /\w/.test(before.charAt(at - 1)) || /\w\w/.test(before.slice(at + name.length, at + name.length + 2))
        ? found
        : ' ',
    );
    return rest !== before;
  };
  const named = new Map<string, string[]>();
  const known = new Set<string>();
  for (const person of text.includes('@') ? people : []) {
    const name = nameOf(person);
    known.add(person.userId);
    named.set(name, [...(named.get(name) ?? []), person.userId]);
  }
  for (const name of [...named.keys()].sort(byLength)) {
    if (!takes(name)) continue;
    const all = named.get(name)!;
    const meant = all.filter((userId) => chosen.includes(userId));
    mentions.push(...(meant.length > 0 ? meant : all));
  }
  const mentionsAll = everyone !== null && takes(everyone);
  if (rest.includes('@')) mentions.push(...chosen.filter((userId) => !known.has(userId)));
  return { mentions, mentionsAll };
}

type Mentioning = Pick<Outgoing, 'mentions' | 'mentionsAll'> | Pick<ChatMessage, 'mentions' | 'mentionsAll'>;

/** The names in a message of those whom it mentions, one a line, as far as they are known. */
export function mentionedNames(message: Mentioning, names: ReadonlyMap<string, string>, everyone: string): string {
  const { mentions, mentionsAll } = message;
  const all = (mentions ?? []).map((userId) => names.get(userId) ?? '');
  return [...all, mentionsAll ? everyone : ''].filter(Boolean).sort(byLength).join('\n');
}

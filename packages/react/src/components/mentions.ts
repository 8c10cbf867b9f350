import type { ChatMessage, PublicUser } from '@gongu/client';
import { nameOf } from '../strings/name-of.ts';

/** The name that is being written after an `@` before the caret: where the `@` stands, and what there is of it. */
export function mentionAt(text: string, caret: number): { readonly from: number; readonly query: string } | null {
  const query = /(?:^|[\s(])@([^\s@]{0,40})$/u.exec(text.slice(0, caret))?.[1];
  return query === undefined ? null : { from: caret - query.length - 1, query };
}

/** The longest first: one name may begin with another. */
const byLength = (a: string, b: string) => b.length - a.length;

/** Whom a text mentions, by what stands in it: `@` and the whole name; `everyone` after it: all. */
export function mentionsIn(text: string, people: readonly PublicUser[], everyone: string | null) {
  const mentions: string[] = [];
  let rest = text;
  const takes = (name: string) => {
    const before = rest;
    rest = rest.replaceAll(`@${name}`, ' ');
    return rest !== before;
  };
  const named = text.includes('@') ? new Map(people.map((person) => [nameOf(person), person.userId])) : new Map();
  for (const name of [...named.keys()].sort(byLength)) if (takes(name)) mentions.push(named.get(name));
  const mentionsAll = everyone !== null && takes(everyone);
  return { mentions, mentionsAll };
}

/** The names in a message of those whom it mentions, one a line, as far as they are known. */
export function mentionedNames(message: ChatMessage, names: ReadonlyMap<string, string>, everyone: string): string {
  const { mentions = [], mentionsAll } = message;
  const all = mentions.map((userId) => names.get(userId) ?? '');
  return [...all, mentionsAll ? everyone : ''].filter(Boolean).sort(byLength).join('\n');
}

import { markedText, type Product, searchForm } from '@gongu/shared';
import { Fragment, type ReactNode } from 'react';

/** Where what was looked for stands in a product, marked: in its title and, where that has none of it, elsewhere. */
export interface Found {
  readonly title: ReactNode;
  /** Null: it stands in the title. */
  readonly elsewhere: ReactNode;
}

export function foundIn({ title, category, tags, description }: Product, q: string): Found {
  const wanted = searchForm(q);
  const has = (text: string) => searchForm(text).includes(wanted);
  const other = has(title) ? undefined : [category ?? '', ...tags, description].find(has);
  return {
    title: marked(title, q, Number.POSITIVE_INFINITY),
    elsewhere: other === undefined ? null : <p className="elsewhere">{marked(other.replace(/\s+/g, ' '), q)}</p>,
  };
}

function marked(text: string, q: string, before?: number): ReactNode {
  return markedText(text, q, before).map(({ text: piece, isHit }, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, in their order
    isHit ? <mark key={i}>{piece}</mark> : <Fragment key={i}>{piece}</Fragment>,
  );
}

import type { ReactNode } from 'react';
import { linkedText } from './linked-text.ts';

export interface LinkedTextProps {
  readonly text: string;
  /** Names that are marked where they stand after an `@`, one a line, the longest first. */
  readonly names?: string;
  /** Of each link. Default: each is a tab stop. */
  readonly tabIndex?: number;
}

/**
 * What somebody wrote, with its addresses as links. They lead out of the page, which tells nobody where they come from. Of
 * another text the element around it has to be another: a browser that translates the page puts nodes of its own in place of
 * these, and React would look for what is gone.
 */
export function LinkedText({ text, names = '', tabIndex }: LinkedTextProps) {
  let at = 0;
  return linkedText(text).map((piece) => {
    const key = at;
    at += piece.text.length;
    return piece.href === null ? (
      marked(piece.text, names)
    ) : (
      <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc" tabIndex={tabIndex}>
        {piece.text}
      </a>
    );
  });
}

function marked(text: string, names: string): ReactNode {
  if (names === '') return text;
  const labels = names.split('\n').map((name) => `@${name.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}`);
  return text.split(new RegExp(`(${labels.join('|')})`)).map((part, i) =>
    i % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in their order
      <strong key={i} className="gongu-mention">
        {part}
      </strong>
    ) : (
      part
    ),
  );
}

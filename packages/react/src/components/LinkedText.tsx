import { linkedText } from './linked-text.ts';

export interface LinkedTextProps {
  readonly text: string;
  /** Of each link. Default: each is a tab stop. */
  readonly tabIndex?: number;
}

/**
 * What somebody wrote, with its addresses as links. They lead out of the page, which tells nobody where they come from. Of
 * another text the element around it has to be another: a browser that translates the page puts nodes of its own in place of
 * these, and React would look for what is gone.
 */
export function LinkedText({ text, tabIndex }: LinkedTextProps) {
  let at = 0;
  return linkedText(text).map((piece) => {
    const key = at;
    at += piece.text.length;
    return piece.href === null ? (
      piece.text
    ) : (
      <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc" tabIndex={tabIndex}>
        {piece.text}
      </a>
    );
  });
}

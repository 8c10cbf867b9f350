import { searchForm } from './search-form.ts';

/** A piece of a text, and whether it is what was looked for. */
export interface MarkedPiece {
  readonly text: string;
  readonly isHit: boolean;
}

/**
 * A text cut where it holds what was looked for, in whatever spelling: as searches compare it. A hit within a character that is
 * written with several signs is all of that character.
 *
 * @param before characters in front of the first hit, at most: what is cut off there is an ellipsis
 */
export function markedText(content: string, q: string, before = 40): readonly MarkedPiece[] {
  const wanted = searchForm(q.trim());
  const signs = charactersOf(content);
  const forms = signs.map(searchForm);
  const whole = forms.join('');
  if (wanted === '' || whole !== searchForm(content)) return [{ text: content, isHit: false }];
  const isHit = new Array<boolean>(signs.length).fill(false);
  // Where each character begins in the compared text.
  let at = 0;
  const starts = forms.map((form) => {
    at += form.length;
    return at - form.length;
  });
  for (let from = whole.indexOf(wanted); from >= 0; from = whole.indexOf(wanted, from + wanted.length)) {
    const to = from + wanted.length;
    for (let i = 0; i < signs.length; i++) {
      if (starts[i]! < to && starts[i]! + forms[i]!.length > from) isHit[i] = true;
    }
  }
  const first = isHit.indexOf(true);
  const skipped = Math.max(0, first - before);
  const pieces: { text: string; isHit: boolean }[] = skipped > 0 ? [{ text: '…', isHit: false }] : [];
  for (let i = skipped; i < signs.length; i++) {
    const last = pieces.at(-1);
    if (last?.isHit === isHit[i]) last!.text += signs[i];
    else pieces.push({ text: signs[i]!, isHit: isHit[i]! });
  }
  return pieces;
}

/**
 * What people take for characters, and together those that are compared as one, as single Korean letters in a row may be: so
 * that what is compared of each is compared of the whole.
 */
function charactersOf(text: string): string[] {
  const signs = 'Segmenter' in Intl ? [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment) : [...text];
  const all: string[] = [];
  for (let sign of signs) {
    for (let last = all.at(-1); last !== undefined; last = all.at(-1)) {
      if (searchForm(last + sign) === searchForm(last) + searchForm(sign)) break;
      all.pop();
      sign = last + sign;
    }
    all.push(sign);
  }
  return all;
}

/** A piece of what somebody wrote: words, or an address that can be followed. */
export interface TextPiece {
  readonly text: string;
  /** Where it leads; null: it is words. */
  readonly href: string | null;
}

// Neither blanks nor what can't be seen, which could make an address look like another one.
const ADDRESS = /https?:\/\/[^\s\p{Cc}\p{Cf}<>"'`\\^{}|]+/giu;
/** Before an address that is a part of something else: markup, a parameter, a longer word. */
const WITHIN = /[\w"'`=@/.&;-]/;
const AFTER = /[.,!?;:~…·*_’”。、，！？；：）」』》〉】)\]]/;
/** A particle right behind an address, as Korean has it. Other letters there may be a part of it. */
const PARTICLE = /(\w[)\]]*)(?:에서?|으?로|[은는이가을를도와과의]|입니다)$/;
const UNSEEN = /(?!\s)[\p{Cc}\p{Cf}]/u;

/**
 * The addresses in a text, `http` and `https` alone, each as it was written. What has a user or a password in it stays words:
 * `https://bank.example@evil.example` leads elsewhere than it seems to.
 */
export function linkedText(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    if (WITHIN.test(text.charAt(index - 1)) || UNSEEN.test(text.charAt(index + found.length))) continue;
    const address = withoutEnd(withoutEnd(found).replace(PARTICLE, '$1'));
    const href = hrefOf(address);
    if (href === null) continue;
    pieces.push({ text: text.slice(from, index), href: null }, { text: address, href });
    from = index + address.length;
  }
  pieces.push({ text: text.slice(from), href: null });
  return pieces.filter((piece) => piece.text !== '');
}

/** Without the punctuation of the sentence in which it stands. A bracket that was opened in it belongs to it. */
function withoutEnd(address: string): string {
  const count = (sign: string) => address.split(sign).length;
  const spare = { ')': count('(') - count(')'), ']': count('[') - count(']') };
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    if (!AFTER.test(last)) break;
    if (last !== ')' && last !== ']') continue;
    if (spare[last] >= 0) break;
    spare[last]++;
  }
  return address.slice(0, end);
}

function hrefOf(address: string): string | null {
  try {
    const { username, password, href } = new URL(address);
    return username + password === '' ? href : null;
  } catch {
    return null;
  }
}

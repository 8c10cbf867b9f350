import type { Span } from './find-numbers.ts';
import type { Readable } from './readable.ts';

/** Ends of names that are taken for one without a scheme before them. */
const TLDS = [
  ...[
    'com',
    'net',
    'org',
    'kr',
    'info',
    'biz',
    'shop',
    'store',
    'site',
    'online',
    'xyz',
    'top',
    'club',
    'link',
    'live',
  ],
  ...['io', 'me', 'co', 'cc', 'tv', 'app', 'dev', 'ly', 'gl', 'gg', 'to', 'page', 'market', 'jp', 'cn', 'us', 'asia'],
  ...['ws', 'vip', 'fun', 'pro', 'win', 'bet', 'world', '한국'],
].join('|');
/** A dot as people write it where dots are looked for. */
const DOT = /\.|\s?[([{]\s?(?:dot|닷|점|\.)\s?[)\]}]\s?|\s(?:dot|닷|쩜|점)\s|닷|쩜|。|·/gu;

// No part of these can match a text in two ways: a text that is made for it would take minutes to refuse.
const WITH_SCHEME = /(?:h\s?[tx]\s?[tx]\s?p\s?s?\s?:\s?\/\s?\/\s?|www\s?\.\s?)[^\s/:?#]{1,255}[^\s]{0,500}/gu;
const NAME = new RegExp(
  `(?<![a-z0-9가-힣@._-])(?:[a-z0-9가-힣-]+\\.)+(?:${TLDS})(?![a-z0-9-])(?:[/:?#][^\\s]{0,500})?`,
  'gu',
);
/** Whatever it ends in: a name with a path. */
const WITH_PATH = /(?<![a-z0-9가-힣@._-])(?:[a-z0-9-]{2,63}\.){1,4}[a-z]{2,6}\/[a-z0-9][^\s]{0,500}/gu;
/** The end of `naver . com`: with spaces, ends that nothing else is called. */
const SPACED = /\s?[.,]\s?(?:com|net|org|co\s?[.,]\s?kr|kr)(?![a-z0-9가-힣-])(?:\s?\/\s?[^\s]{0,500})?/gu;
/** The end of `네이버닷컴`. */
const SPOKEN =
  /\s?(?:(?:닷|쩜)\s?(?:컴|넷|케이알)|점\s?(?:컴|넷|케이알)(?![가-힣])|(?:닷|쩜|점)\s?씨오\s?(?:닷|쩜|점)\s?케이알)/gu;
const LABEL_CHAR = /[a-z0-9가-힣-]/u;

/** Links to where they shall not lead: all but to `allowed` names and what is below them. */
export function findLinks({ text }: Readable, allowed: ReadonlySet<string>): Span[] {
  const found: Span[] = [];
  const fine: Span[] = [];
  const add = (link: string, start: number, end: number) => {
    (isAllowed(link, allowed) ? fine : found).push({ start, end });
  };
  for (const pattern of [WITH_SCHEME, WITH_PATH]) {
    for (const { 0: link, index } of text.matchAll(pattern)) add(link, index, index + link.length);
  }
  for (const pattern of [SPACED, SPOKEN]) {
    for (const { 0: ending, index } of text.matchAll(pattern)) {
      let start = index;
      while (start > 0 && LABEL_CHAR.test(text[start - 1]!)) start--;
      const end = index + ending.length;
      if (start < index) add(text.slice(start, end), start, end);
    }
  }
  const dotted = withDots(text);
  for (const { 0: link, index } of dotted.text.matchAll(NAME)) {
    const start = dotted.places[index]!;
    // What stands in a link that may be there leads nowhere else.
    if (fine.some((one) => one.start <= start && start < one.end)) continue;
    // `shop.shop.example` ends behind the first of its names that could be an end.
    const rest = /^[a-z0-9가-힣.-]*/u.exec(dotted.text.slice(index + link.length, index + link.length + 256))![0];
    add(link + rest, start, dotted.places[index + link.length]!);
  }
  return found;
}

/** The text with plain dots for all that are meant as such; `places`: where each unit of it, and its end, is in the text. */
function withDots(text: string): { text: string; places: number[] } {
  let plain = '';
  const places: number[] = [];
  let at = 0;
  const copy = (to: number) => {
    plain += text.slice(at, to);
    for (; at < to; at++) places.push(at);
  };
  for (const { 0: dot, index } of text.matchAll(DOT)) {
    copy(index);
    plain += '.';
    places.push(index);
    at = index + dot.length;
  }
  copy(text.length);
  places.push(text.length);
  return { text: plain, places };
}

function isAllowed(link: string, allowed: ReadonlySet<string>): boolean {
  const host = /^(?:[a-z]+:\/\/)?(?:[^\s/@]*@)?([^\s/:?#]+)/u.exec(link)?.[1]?.replace(/\.+$/, '');
  if (host === undefined) return false;
  const labels = host.split('.');
  return labels.some((_, i) => allowed.has(labels.slice(i).join('.')));
}

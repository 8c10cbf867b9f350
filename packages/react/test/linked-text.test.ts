import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkedText } from '../src/components/linked-text.ts';

const links = (text: string) => linkedText(text).flatMap((piece) => (piece.href === null ? [] : [piece.text]));

test.each([
  ['https://gongu.example', ['https://gongu.example']],
  ['여기 https://gongu.example/products/1?tab=chat#top 보세요', ['https://gongu.example/products/1?tab=chat#top']],
  ['주소:https://gongu.example/a, 그리고 (http://b.example/c).', ['https://gongu.example/a', 'http://b.example/c']],
  ['https://ko.wikipedia.org/wiki/공동구매', ['https://ko.wikipedia.org/wiki/공동구매']],
  ['https://en.wikipedia.org/wiki/Group_(buying)', ['https://en.wikipedia.org/wiki/Group_(buying)']],
  ['(https://en.wikipedia.org/wiki/Group_(buying))', ['https://en.wikipedia.org/wiki/Group_(buying)']],
  ['「https://a.example/」 https://b.example/?q=1!', ['https://a.example/', 'https://b.example/?q=1']],
  ['HTTPS://A.EXAMPLE/B', ['HTTPS://A.EXAMPLE/B']],
  ['http://127.0.0.1:8080/x http://[::1]:1/y', ['http://127.0.0.1:8080/x', 'http://[::1]:1/y']],
  ['https://a.example\nhttps://b.example', ['https://a.example', 'https://b.example']],
  // A particle right behind, as people write.
  ['https://gongu.example에서 봐요', ['https://gongu.example']],
  ['http://localhost:8080으로, https://a.example:1은', ['http://localhost:8080', 'https://a.example:1']],
  [
    'https://gongu.example/products/1에 있고 https://a.example/?id=a-1입니다.',
    ['https://gongu.example/products/1', 'https://a.example/?id=a-1'],
  ],
  ['(https://a.example/b)를 https://a.example/b(c)는', ['https://a.example/b', 'https://a.example/b(c)']],
  ['https://공구.example으로 https://k팝.example/a', ['https://공구.example', 'https://k팝.example/a']],
  // What may be a part of it stays.
  [
    'https://공구.한국 https://ko.wikipedia.org/wiki/K팝 https://a.example/w/은',
    ['https://공구.한국', 'https://ko.wikipedia.org/wiki/K팝', 'https://a.example/w/은'],
  ],
])('in %j the links are %j', (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test.each([
  'javascript:alert(1)',
  'data:text/html,<script>1</script>',
  'ftp://a.example/ file:///etc/passwd mailto:a@b.example',
  'https:// http:///',
  'https://bank.example@evil.example/',
  'https://user:secret@a.example/',
  '<base href="http://127.0.0.1:1/">',
  '<meta content="0;url=http://127.0.0.1:1/">',
  "<img src='https://a.example/x.png'>",
  'xhttps://a.example',
  'https://exa\u202emple.com',
  'www.a.example a.example/b',
])('nothing in %j is a link', (text) => {
  expect(links(text)).toEqual([]);
});

test('whatever is written, the pieces are the text, and what leads somewhere is http or https', () => {
  const word = fc.constantFrom(
    'https://',
    'http://',
    'a.example',
    '/',
    '(',
    ')',
    '.',
    '@',
    ' ',
    '"',
    '\u202e',
    '한',
    ':',
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(word).map((words) => words.join('')),
  );
  void fc.assert(
    fc.property(text, (given) => {
      const pieces = linkedText(given);
      expect(pieces.map((piece) => piece.text).join('')).toBe(given);
      for (const { href } of pieces) if (href !== null) expect(['http:', 'https:']).toContain(new URL(href).protocol);
    }),
    { numRuns: 500 },
  );
});

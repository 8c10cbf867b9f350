import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createContentFilter } from '../../../src/room/filter/content-filter.ts';

const options = { links: ['shop.example', '귤.kr'], words: ['바보멍청이', 'badword'] };
const filter = createContentFilter({ mode: 'mask', ...options });
const isFound = (content: string) => filter.applyTo({ content }).masked === true;
const linesOf = (name: string) =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
const [harmful, harmless] = [linesOf('harmful.txt'), linesOf('harmless.txt')];

describe('over the corpora', () => {
  it('finds at least 95 of 100 harmful lines, of 300 or more', () => {
    expect(harmful.length).toBeGreaterThanOrEqual(300);
    const missed = harmful.filter((line) => !isFound(line));
    expect(missed.length / harmful.length, missed.join('\n')).toBeLessThanOrEqual(0.05);
  });

  it('finds something in at most 1 of 100 harmless lines, of 300 or more: prices, dates, sizes, order numbers', () => {
    expect(harmless.length).toBeGreaterThanOrEqual(300);
    const alarms = harmless.filter(isFound);
    expect(alarms.length / harmless.length, alarms.join('\n')).toBeLessThanOrEqual(0.01);
  });
});

describe('what is found', () => {
  it.each([
    ['전화는 010-1234-5678 입니다', '전화는 ●●●●●●●●●●●●● 입니다'],
    ['공일공 일이삼사 오육칠팔', '●●● ●●●● ●●●●'],
    ['０１０\u200b１２３４５６７８ 🍊', '●●●●●●●●●●●● 🍊'],
    ['신한 110-123-456789 로', '신한 ●●●●●●●●●●●●●● 로'],
    ['여기 bad(dot)com 보세요', '여기 ●●●●●●●●●●● 보세요'],
    ['이 바\u200b보멍청이야', '이 ●●●●●●야'],
    ['badwording은 낱말이 아니다', 'badwording은 낱말이 아니다'],
    ['https://shop.example/a, http://www.shop.example', 'https://shop.example/a, http://www.shop.example'],
    ['010|1234|5678, 010 ㅣ 1234 ㅣ 5678', '●●●●●●●●●●●●●, ●●● ● ●●●● ● ●●●●'],
    ['0|0-|234-5678, 가격|1200|재고|34', '●●●●●●●●●●●●●, 가격|1200|재고|34'],
    ['공일공에 일이삼사에 오육칠팔, 010에 1234에 5678', '●●●● ●●●●● ●●●●, ●●●● ●●●●● ●●●●'],
    ['٠١٠-١٢٣٤-٥٦٧٨ ०१०१२३४५६७८ ۰۱۰ ۱۲۳۴ ۵۶۷۸', '●●●●●●●●●●●●● ●●●●●●●●●●● ●●● ●●●● ●●●●'],
    ['⓿❶⓿-❶❷❸❹-❺❻❼❽ 🄋➀🄋 ⓵⓶⓷⓸ ➊➋➌➍', '●●●●●●●●●●●●● ●●● ●●●● ●●●●'],
    ['2일에 1,200원, 10|20|30', '2일에 1,200원, 10|20|30'],
    ['귤.kr 과 배.kr', '귤.kr 과 ●●●●'],
  ])('is hidden character by character, and nothing around it: %s', (said, stored) => {
    expect(filter.applyTo({ content: said }).content).toBe(stored);
  });

  describe('a word with something between its characters', () => {
    const strict = createContentFilter({
      mode: 'mask',
      links: [],
      words: ['시발', '개새끼', '시바견', 'hell', 'we are'],
    });
    const masked = (content: string) => strict.applyTo({ content }).content;

    it.each([
      ['시 발', '● ●'],
      ['아 시.발, 늦네', '아 ●●●, 늦네'],
      ['시..발!', '●●●●!'],
      ['시 - 발', '● ● ●'],
      ['시\n발', '●\n●'],
      ['"시·발"', '"●●●"'],
      ['시1발놈, 시*발아', '●●●놈, ●●●아'],
      ['ㅅㅣ.ㅂㅏㄹ', '●●●●●●'],
      ['시\u200b.\u200b발', '●●●●●'],
      ['개.새끼, 개 새 끼', '●●●●, ● ● ●'],
      ['h e l l, h.e.l.l, H-E-L-L', '● ● ● ●, ●●●●●●●, ●●●●●●●'],
    ])('is found where it stands alone, or is hidden by a sign: %j', (said, stored) => {
      expect(masked(said)).toBe(stored);
    });

    it.each([
      ...[
        '다시 발송해 주세요',
        '다시. 발송은 내일',
        '다시.발송',
        '3시 발송',
        '3시 발',
        '오후 3 시 발송',
        '몇 시 3발',
        '당시 발표',
      ],
      ...['3개 새끼손가락', '몇 개 새끼 고양이', '시 바견', '시    발', '시, 그리고 발'],
      ...["he'll", 'he ll', 'she.ll', 'w e a r e', '시 발송', '시.발송'],
    ])('is not seen in other words: %s', (said) => {
      expect(masked(said)).toBe(said);
    });
  });

  it('is hidden in all texts of data, which stays JSON of the same form', () => {
    const data = { tel: ['010-1234-5678', 1, null], 'naver.com': { at: 1_795_000_000_000 } };
    const { content, data: stored, masked } = filter.applyTo({ content: JSON.stringify(data), data });
    expect(stored).toEqual({ tel: ['●●●●●●●●●●●●●', 1, null], '●●●●●●●●●': { at: 1_795_000_000_000 } });
    expect([JSON.parse(content), masked]).toEqual([stored, true]);
    const fine = { content: '{"price":12000}', data: { price: 12_000 } };
    expect(filter.applyTo(fine)).toEqual(fine);
  });

  it('is refused in the other mode', () => {
    const strict = createContentFilter({ mode: 'refuse', ...options });
    expect(() => strict.applyTo({ content: 'naver.com' })).toThrow(
      expect.objectContaining({ code: 'CONTENT_REFUSED' }),
    );
    expect(strict.applyTo({ content: '12,000원' })).toEqual({ content: '12,000원' });
  });

  it.each(['닷', 'a.', '1 ', '공', '가닷', 'http://', 'www.', 'ㄱㅏ', 'a(dot)', '바.보.', '바 '])(
    'takes no more than its share of a text of nothing but %s',
    (part) => {
      const timeOf = (chars: number) => {
        const content = part.repeat(chars / part.length);
        const times = Array.from({ length: 9 }, () => {
          const since = performance.now();
          filter.applyTo({ content });
          return performance.now() - since;
        });
        return Math.min(...times);
      };
      timeOf(4_000);
      // Twice the text is four times the work at the very most; one that doubles with each character would never end. The rest
      // is for a busy neighbour.
      expect(timeOf(8_000)).toBeLessThan(30 * timeOf(4_000) + 100);
    },
  );
});

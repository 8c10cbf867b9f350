import { AppError, type Product } from '@gongu/shared';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/product/deadline.ts';
import { canonical } from '../../src/product/once.ts';
import { pageOf } from '../../src/product/page.ts';
import { isAdmin, requireSeller } from '../../src/product/permission.ts';
import { cannotBecome, cannotBuy, cannotChange, NEXT } from '../../src/product/status.ts';
import { user } from '../fixture/people.ts';

const ended = (status: Product['status'], reason: Product['reason']) => ({ status, reason }) as Product;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the refusal of a buyer', () => {
  it.each([
    ['CLOSED', 'FULL', 'CAP_REACHED', 'NOT_RECRUITING'],
    ['CLOSED', 'DEADLINE', 'DEADLINE_PASSED', 'DEADLINE_PASSED'],
    ['CANCELLED', 'UNDERFILLED', 'DEADLINE_PASSED', 'DEADLINE_PASSED'],
    ['CLOSED', 'SELLER', 'NOT_RECRUITING', 'NOT_RECRUITING'],
    ['CANCELLED', 'SELLER', 'NOT_RECRUITING', 'NOT_RECRUITING'],
  ] as const)(
    'of a product that is %s for %s is %s, and %s for a withdrawal or an edit',
    (status, reason, buy, change) => {
      expect(cannotBuy(ended(status, reason)).code).toBe(buy);
      expect(cannotChange(ended(status, reason)).code).toBe(change);
    },
  );
});

describe('the states', () => {
  it('lead from RECRUITING to two ends, and nowhere from there', () => {
    expect(NEXT).toEqual({ RECRUITING: ['CLOSED', 'CANCELLED'], CLOSED: [], CANCELLED: [] });
    expect(cannotBecome('CLOSED', ended('CANCELLED', 'SELLER'))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      allowed: [],
    });
  });
});

describe('who may create products', () => {
  it.each([
    ['a shopper', user('a'), 'FORBIDDEN'],
    ['a seller', user('a', { roles: ['seller'] }), 'none'],
    ['an admin', user('a', { roles: ['admin'] }), 'none'],
    [
      'somebody anonymous, whatever his token says of roles',
      user('a', { anon: true, roles: ['seller'] }),
      'ANONYMOUS_NOT_ALLOWED',
    ],
  ])('%s: %s', (_, who, code) => {
    expect(codeOf(() => requireSeller(who, 'do this'))).toBe(code);
  });

  it('no anonymous admin', () => {
    expect(isAdmin(user('a', { anon: true, roles: ['admin'] }))).toBe(false);
  });
});

describe('a deadline', () => {
  it('is cut to milliseconds and may name any zone', () => {
    expect(instantOf('2026-12-01T18:00:00.1239+09:00').toISOString()).toBe('2026-12-01T09:00:00.123Z');
  });

  it.each(['0000-01-01T00:00:00+14:00', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59-14:00', 'tomorrow'])(
    'is refused outside the years 1970 to 9999: %s',
    (text) => {
      expect(codeOf(() => instantOf(text))).toBe('VALIDATION_FAILED');
    },
  );
});

describe('a payload', () => {
  it('is the same in another order of its fields, and another one in everything else', () => {
    const one = canonical({ a: 1, b: { c: [1, 2], d: null } });
    expect(canonical({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(one);
    expect(canonical({ b: { d: null, c: [2, 1] }, a: 1 })).not.toBe(one);
    expect(canonical({ a: '1', b: { c: [1, 2], d: null } })).not.toBe(one);
    expect(canonical([['a', 1]])).not.toBe(canonical({ a: 1 }));
  });
});

describe('a page', () => {
  it('has a next one only where a row was left over', () => {
    expect(pageOf([1, 2, 3], 2, (last) => last)).toEqual({ items: [1, 2], next: 2 });
    expect(pageOf([1, 2], 2, (last) => last)).toEqual({ items: [1, 2], next: null });
    expect(pageOf<number, number>([], 2, (last) => last)).toEqual({ items: [], next: null });
  });
});

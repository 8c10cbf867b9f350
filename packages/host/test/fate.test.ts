import { AppError } from '@gongu/shared';
import { expect, test } from 'vitest';
import { fateOf, toAppError, Unsent, written } from '../src/index.ts';

/** As node-postgres, and as Prisma over its adapter, tell an SQLSTATE. */
const asPg = (code: string) => Object.assign(new Error('x'), { code, severity: 'ERROR' });
const asPrisma = (originalCode: string) =>
  Object.assign(new Error('x'), {
    code: 'P2010',
    meta: { driverAdapterError: Object.assign(new Error('x'), { cause: { kind: 'postgres', originalCode } }) },
  });

test.each([
  ['57P01 57P02 57P04 57P05 08000 08003 08006 08007 08P01 40003', 'unknown'],
  ['57014 55P03 40001 40002 40P01 25P03 25P04 53000 53100 53200 53300 53400 25006', 'rolled-back'],
  ['57P03', 'unsent'],
  ['22001 23505 42P01 58030 XX000 P0001 GI001', undefined],
])('%s: %s, by whichever way they come', (codes, fate) => {
  for (const code of codes.split(' ')) {
    expect([code, fateOf(asPg(code)), fateOf(asPrisma(code))]).toEqual([code, fate, fate]);
    // What came before there was a connection was not sent, whatever it says.
    expect(fateOf(new Unsent(asPg(code)))).toBe('unsent');
  }
});

test.each([
  ['Connection terminated unexpectedly', 'unknown'],
  ['Connection terminated', 'unknown'],
  ['Query read timeout', 'unknown'],
  ['Connection terminated due to connection timeout', 'unsent'],
  ['timeout exceeded when trying to connect', 'unsent'],
  ['Client has encountered a connection error and is not queryable', 'unsent'],
  ['Cannot use a pool after calling end on the pool', 'unsent'],
  ['something else', undefined],
])('an error without a code, "%s": %s', (message, fate) => {
  expect(fateOf(new Error(message))).toBe(fate);
});

test.each([
  ['query_wait_timeout', 'unsent'],
  ['server login has been failing, try again later (server_login_retry)', 'unsent'],
  ['server conn crashed?', 'unknown'],
  ['query_timeout', 'unknown'],
])('what PgBouncer says has one code, and tells by its words: "%s"', (message, fate) => {
  const bare = Object.assign(new Error(message), { code: '08P01', severity: 'FATAL' });
  const cause = { kind: 'postgres', originalCode: '08P01', code: '08P01', message };
  const byPrisma = { code: 'P2010', meta: { driverAdapterError: Object.assign(new Error('x'), { cause }) } };
  expect([fateOf(bare), fateOf(Object.assign(new Error('x'), byPrisma))]).toEqual([fate, fate]);
});

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );
}

function failing(...errors: (Error | string)[]) {
  let asked = 0;
  return {
    run: async () => {
      const next = errors[asked++];
      if (next instanceof Error) throw next;
      return next;
    },
    asked: () => asked,
  };
}

test('what was rolled back for another is tried once more, and no more', async () => {
  for (const code of ['40P01', '40001', '55P03']) {
    const twice = failing(asPg(code), 'done');
    expect(await codeOf(written(twice.run))).toBe('done');
    const never = failing(asPg(code), asPrisma(code), 'done');
    expect([await codeOf(written(never.run)), never.asked()]).toEqual(['UNAVAILABLE', 2]);
  }
  const cancelled = failing(asPg('57014'), 'done');
  expect([await codeOf(written(cancelled.run)), cancelled.asked()]).toEqual(['UNAVAILABLE', 1]);
});

test('what nobody knows is asked again only where that does nothing twice', async () => {
  const lost = failing(asPg('57P01'), 'done');
  expect([await codeOf(written(lost.run)), lost.asked()]).toEqual(['UNKNOWN_OUTCOME', 1]);
  const found = failing(asPg('57P01'), new Unsent(new Error('no')), asPg('55P03'), 'done');
  expect([await codeOf(written(found.run, { idempotent: true })), found.asked()]).toEqual(['done', 4]);
});

test('never "not stored" after a try that may have stored it', async () => {
  for (const later of [asPg('23505'), asPg('42P01'), new TypeError('x')]) {
    expect(await codeOf(written(failing(asPg('08006'), later).run, { idempotent: true }))).toBe('UNKNOWN_OUTCOME');
  }
});

test('a defect or a refusal of the data stays what it is', async () => {
  for (const error of [asPg('23505'), new TypeError('x')])
    expect(await codeOf(written(failing(error).run))).toBe(error);
  // Reads change nothing: without an answer too.
  expect(toAppError(asPg('57P01')).code).toBe('UNAVAILABLE');
  expect(toAppError(asPg('XX000')).code).toBe('INTERNAL');
});

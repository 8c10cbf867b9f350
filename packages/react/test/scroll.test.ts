import { inRepository } from '@gongu/testkit';
import { browserProgram, servePage, startBrowser, type TestPage } from '@gongu/testkit/browser';
import * as fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScrollCase, ScrollOutcome, ScrollStep } from './fixture/scroll-case.ts';

const test = it.skipIf(!browserProgram());

let browser: Browser;
let served: TestPage;
let page: Page;
beforeAll(async () => {
  if (!browserProgram()) return;
  [browser, served] = await Promise.all([
    startBrowser({ whole: false }),
    servePage({ entry: inRepository('packages/react/test/page/scroll.tsx') }),
  ]);
  page = await browser.newPage();
  await page.goto(served.url);
  await page.waitForFunction('"play" in globalThis');
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

const play = (each: ScrollCase) => page.evaluate<ScrollOutcome>(`play(${JSON.stringify(each)})`);

const afterFrames = fc.constantFrom(0, 0, 1, 2, 4);
const step: fc.Arbitrary<ScrollStep> = fc.oneof(
  fc.record({ do: fc.constant('prepend' as const), count: fc.integer({ min: 1, max: 50 }), afterFrames }),
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }), afterFrames }),
  fc.record({ do: fc.constant('box' as const), px: fc.integer({ min: 120, max: 700 }), afterFrames }),
  fc.record({ do: fc.constant('picture' as const), at: fc.nat(200), afterFrames }),
);
const steps = fc.array(step, { minLength: 1, maxLength: 8 });

test('who begins at the end is there after whatever prepends, appends, resizes and pictures in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 5, max: 60 }), async (each, count) => {
      const { fromEndPx } = await play({ start: { at: 'end' }, count, steps: each });
      expect(fromEndPx).toBeLessThanOrEqual(1);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('who begins at a row has it at the top after whatever comes before it, around it and in it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 30 }), async (each, index) => {
      // So much comes after it that the end is out of reach of the largest box.
      const { fromTopPx } = await play({ start: { at: 'row', index }, count: index + 30, steps: each });
      expect(fromTopPx).not.toBeNull();
      expect(Math.abs(fromTopPx!)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('who has scrolled up has what he reads where it was after whatever prepends, appends, resizes and pictures', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 900, max: 2_500 }), async (each, upPx) => {
      const { movedPx } = await play({ start: { at: 'away', upPx }, count: 60, steps: each });
      expect(Math.abs(movedPx!)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('a page before the row at which one begins, in the same frame, does not lead to another row', async () => {
  const steps = [{ do: 'prepend', count: 45, afterFrames: 0 }] as const;
  const { fromTopPx } = await play({ start: { at: 'row', index: 20 }, count: 50, steps });
  expect(Math.abs(fromTopPx!)).toBeLessThanOrEqual(1);
});

test('rows that were never shown are as high as others of their shape, and the list is as long as when all were shown', async () => {
  const steps = [{ do: 'prepend', count: 250, afterFrames: 4 }] as const;
  const { tooLongPx, fromEndPx } = await play({ start: { at: 'end' }, count: 60, steps, isSure: true });
  expect([tooLongPx, fromEndPx]).toEqual([0, 0]);
});

import { inRepository } from '@gongu/testkit';
import { browserProgram, servePage, startBrowser, type TestPage } from '@gongu/testkit/browser';
import { afterAll, beforeAll, expect, suite, test } from 'vitest';
import { STORAGE_CASES } from './fixture/storage-contract.ts';

const describe = suite.skipIf(!browserProgram());

let browser: Awaited<ReturnType<typeof startBrowser>>;
let page: Awaited<ReturnType<typeof browser.newPage>>;
let served: TestPage;

beforeAll(async () => {
  served = await servePage({ entry: inRepository('packages/client/test/page/storage.ts') });
  browser = await startBrowser({ whole: false });
  page = await browser.newPage();
  await page.goto(served.url);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

describe.each(['localStorage', 'indexedDB'])('%s of a real browser', (kind) => {
  test.each(STORAGE_CASES.map(({ name }, index) => [name, index] as const))('%s', async (_, index) => {
    expect(await page.evaluate(`runCase('${kind}', ${index})`)).toBe('');
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { browserProgram } from '../src/programs/browser.ts';
import { inRepository } from '../src/repository.ts';

const test = it.skipIf(!browserProgram());

const FAILING = `
import { expect, it, onTestFinished } from 'vitest';
import { showOnFailure, startBrowser } from ${JSON.stringify(inRepository('packages/testkit/src/programs/browser.ts'))};

it('fails', async () => {
  const browser = await startBrowser({ whole: false });
  onTestFinished(() => browser.close());
  for (const who of ['ann', 'bob']) {
    const page = await browser.newPage();
    showOnFailure(page.context(), () => who);
    await page.setContent(\`<h1>Shop of \${who}</h1><p>$& for ₩23,000</p><div hidden>unseen</div>
      <p>eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2VjcmV0</p>
      <section class="gongu-room">A room \${'and so on '.repeat(200)}<b>the newest</b></section>\`);
    if (who === 'bob') await page.getByText('what never comes').click({ timeout: 500 });
  }
});
`;

test('the error of a test that failed says in its first lines what each of its pages showed, short and without a token', () => {
  const root = mkdtempSync(join(tmpdir(), 'gongu-shown-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'a.test.js'), FAILING.replace("'vitest'", JSON.stringify(import.meta.resolve('vitest'))));
  writeFileSync(join(root, 'vitest.config.mjs'), 'export default { test: { testTimeout: 120_000 } };\n');
  const args = ['run', '--reporter=json'];
  const { stdout, stderr } = spawnSync(inRepository('node_modules/.bin/vitest'), args, { cwd: root, encoding: 'utf8' });
  const report = JSON.parse(stdout.slice(stdout.indexOf('{')) || stderr) as {
    testResults: { message: string; assertionResults: { failureMessages: string[] }[] }[];
  };
  const [failure = ''] = report.testResults[0]!.assertionResults[0]?.failureMessages ?? [];
  const [first, ann, bob, next] = failure.split('\n');
  expect(first).toMatch(/Timeout 500ms exceeded\.$/);
  for (const [name, line] of [
    ['ann', ann],
    ['bob', bob],
  ] as const) {
    expect(line).toMatch(
      new RegExp(
        `^  ${name} saw blank: Shop of ${name} \\$& for ₩23,000 \\(token\\) \\| room: A room and so on .* … .*and so on the newest$`,
      ),
    );
    expect(line!.length).toBeLessThan(650);
  }
  expect(next).toMatch(/^Call log/);
  expect(failure).not.toMatch(/unseen|eyJ/);
});

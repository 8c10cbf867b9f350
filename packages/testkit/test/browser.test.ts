import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { browserProgram, startBrowser } from '../src/programs/browser.ts';

const test = it.skipIf(!browserProgram() || process.platform !== 'linux');

/** Arguments of the processes that this one started, directly or not, by their ids. */
function below(pid: number): Map<number, string[]> {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
  );
  const isBelow = (one: number): boolean => {
    const parent = parents.get(one);
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  const ids = [...parents.keys()].filter(isBelow);
  return new Map(ids.map((one) => [one, read(`/proc/${one}/cmdline`).split(/[\0 ]/)]));
}

const parentOf = (pid: string) => Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1]);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

test('a page costs its own process alone, and no feature that Playwright disables comes back', async () => {
  // A browser of the file before may still be ending.
  const before = below(process.pid);
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent('<button>one</button>');
    await page.locator('button').click();
    const processes = [...below(process.pid)].flatMap(([id, args]) => (before.has(id) ? [] : [args]));
    // Not one that it has started: where numbers of processes begin anew, that may be the first.
    const lists = processes
      .filter((args) => args.includes('--remote-debugging-pipe') && !args.some((arg) => arg.startsWith('--type=')))[0]!
      .flatMap((arg) => (arg.startsWith('--disable-features=') ? [arg.slice(19).split(',')] : []));
    expect(lists.length).toBeGreaterThan(1);
    expect(lists.at(-1)).toEqual(expect.arrayContaining(lists.flat()));
    expect(processes.filter((args) => args.includes('--type=renderer')).length).toBeGreaterThan(0);
    expect(processes.filter((args) => args.includes('--top-chrome-webui'))).toEqual([]);
  } finally {
    await browser.close();
  }
});

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, StartError } from '@gongu/host';
import { startSystem } from '@gongu/sim';
import { runUntilSignal } from '@gongu/sim/supervise';
import { inRepository, numberOption, readOptions } from '@gongu/testkit';
import { BROWSER_FLAGS, browserProgram } from '@gongu/testkit/browser';
import { startSite } from '@gongu/web/site';
import { offerProducts } from './products.ts';

const LIGHTHOUSE = 'lighthouse@12.8.2';
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const LEAST = 0.95;

const USAGE = `pnpm lighthouse [--runs N]

Opens the list of 24 products and one of them as Lighthouse's telephone does (a slow network, a slow processor, simulated),
on a system of its own, and prints the median of each category. Ends with 1 where one is below ${LEAST}. What else the machine
does goes into the figures: let it do nothing. Needs Chromium; npx fetches ${LIGHTHOUSE}.

  --runs N   openings of each page (default 5)
`;

type Category = (typeof CATEGORIES)[number];
interface Report {
  readonly categories: Readonly<Record<Category, { readonly score: number | null }>>;
  readonly audits: Readonly<
    Record<string, { readonly title: string; readonly score: number | null; readonly displayValue?: string }>
  >;
}

await runMain('lighthouse', async () => {
  const options = { runs: { type: 'string' }, help: { type: 'boolean' } } as const;
  const { values } = readOptions({ options, strict: true }, USAGE);
  if (values.help) return void process.stdout.write(USAGE);
  const runs = numberOption('runs', values.runs ?? '5', { min: 1, max: 99, whole: true });
  const program = browserProgram();
  if (!program) throw new StartError('there is no Chromium: install Debian’s package chromium, or set CHROMIUM');

  await runUntilSignal(
    async ({ lifecycle, terminal, env }) => {
      const folder = mkdtempSync(join(tmpdir(), 'gongu-lighthouse-'));
      lifecycle.add({ name: 'reports', stop: () => rmSync(folder, { recursive: true, force: true }) });
      const system = await startSystem({ env, name: 'lighthouse', lifecycle, terminal });
      const ids = await offerProducts(system, 24);
      const site = await startSite({
        ...{ assets: inRepository('apps/web/dist'), host: '127.0.0.1', port: 0 },
        ...{ chatPort: Number(new URL(system.chatUrl).port), tradePort: system.trade.port },
      });
      lifecycle.add({ name: 'web', stop: site.stop });

      const lines: string[] = [];
      let isGood = true;
      for (const [name, path] of [
        ['the list', '/'],
        ['a product', `/products/${ids[0]}`],
      ] as const) {
        const reports: Report[] = [];
        for (let run = 0; run < runs && !lifecycle.stopping.aborted; run++) {
          const file = join(folder, `${run}.json`);
          await open(`http://127.0.0.1:${site.port}${path}`, file, program, lifecycle.stopping);
          reports.push(JSON.parse(readFileSync(file, 'utf8')) as Report);
          terminal.say(
            `${name}, ${run + 1} of ${runs}: ${CATEGORIES.map((one) => scoreOf(reports.at(-1)!, one)).join('  ')}`,
          );
        }
        const medians = CATEGORIES.map((one) => median(reports.map((report) => scoreOf(report, one))));
        isGood &&= medians.every((score) => score >= LEAST);
        lines.push(`| ${name} | ${medians.map((score) => score.toFixed(2)).join(' | ')} |`);
        for (const text of complaints(reports.at(-1)!)) terminal.say(`  ${text}`);
      }
      const head = [`| page | ${CATEGORIES.join(' | ')} |`, '|---|---|---|---|---|'];
      process.stdout.write(
        `\n${[...head, ...lines].join('\n')}\n\n${LIGHTHOUSE}, median of ${runs}, ${cpus()[0]?.model}\n`,
      );
      return isGood ? 0 : 1;
    },
    // Standard output is the table's.
    { out: process.stderr },
  );
});

/** @throws Error with what Lighthouse says */
async function open(url: string, report: string, program: string, stopping: AbortSignal): Promise<void> {
  const quiet = ['--quiet', '--output=json', `--output-path=${report}`];
  const args = ['-y', LIGHTHOUSE, url, ...quiet, `--chrome-flags=${BROWSER_FLAGS.join(' ')}`];
  const child = spawn('npx', args, {
    env: { ...process.env, CHROME_PATH: program },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: stopping,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`Lighthouse failed: ${said.trim().slice(-1_500)}`);
}

function scoreOf({ categories }: Report, category: Category): number {
  return categories[category].score ?? 0;
}

function median(scores: readonly number[]): number {
  return scores.toSorted((a, b) => a - b)[Math.floor(scores.length / 2)] ?? 0;
}

/** Audits that cost something, a line each. */
function complaints({ audits }: Report): string[] {
  return Object.entries(audits).flatMap(([id, { score, title, displayValue = '' }]) =>
    score !== null && score < 0.9 ? [`${score.toFixed(2)} ${id}: ${title} ${displayValue}`] : [],
  );
}

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CLOSE, ERRORS, LIMITS, mayReturn, SYSTEM_EVENTS } from '@gongu/shared';
import { inRepository, type Markdown, markdownFiles, readMarkdown } from '@gongu/testkit';
import { describe, expect, test } from 'vitest';

const files = markdownFiles();

describe('links', () => {
  test.each(files)('every relative link of %s leads somewhere', (file) => {
    const broken = readMarkdown(file).links.filter(({ path, anchor }) => {
      const target = path === '' ? file : normalize(join(dirname(file), path));
      if (!existsSync(inRepository(target))) return true;
      return anchor !== '' && target.endsWith('.md') && !readMarkdown(target).anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

test.each(files)('contents at the head of %s name all of its parts', (file) => {
  const { text } = readMarkdown(file);
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const [before = ''] = prose.split(/^## /m, 1);
  const told = [...before.matchAll(/^- \[(.+)\]\(#[^)]+\)$/gm)].map(([, name]) => name!);
  const parts = [...prose.matchAll(/^## (.+)$/gm)].map(([, name]) => name!);
  expect(told).toEqual(told.length > 0 ? parts : []);
});

test('how a service is started by hand names all that it does not start without', () => {
  const { blocks } = readMarkdown('docs/operations.md');
  const required = readMarkdown('docs/configuration.md')
    .table('Variables')
    .filter((row) => row.default === 'required');
  for (const service of ['chat', 'trade']) {
    const { text } = blocks.find((block) => block.text.includes(`services/${service}/dist/main.mjs`))!;
    const wanted = required.filter((row) => row['read by']!.split(', ').includes(service)).map((row) => row.variable!);
    const plain = wanted.map((name) => name.replaceAll('`', ''));
    expect(plain.length).toBeGreaterThan(2);
    expect(plain.filter((name) => !text.includes(`${name}=`))).toEqual([]);
  }
});

test('no script has the name of a command of pnpm’s own, which would run in its place, but for those that run scripts', () => {
  const help = execFileSync('npx', ['-y', 'pnpm@12', 'help', '-a'], { encoding: 'utf8' });
  const own = [...help.matchAll(/^ {2}([a-z][a-z-]*) {2,}.*?(?:\[alias(?:es)?: ([^\]]+)\])?$/gm)];
  const names = new Set(own.flatMap(([, name = '', aliases = '']) => [name, ...aliases.split(', ')]));
  expect([...names]).toEqual(expect.arrayContaining(['add', 'token', 'upgrade']));
  const { scripts } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as { scripts: object };
  expect(Object.keys(scripts).filter((name) => names.has(name))).toEqual(['start', 'test']);
});

test('every picture of docs/images is small, and those that README.md shows are there', () => {
  const names = readdirSync(inRepository('docs/images'));
  for (const name of names) {
    const picture = readFileSync(inRepository('docs/images', name));
    expect(picture.subarray(1, 4).toString(), name).toBe('PNG');
    expect(picture.length, name).toBeLessThan(150_000);
  }
  const looks = ['desktop-light', 'desktop-dark', 'phone-light', 'phone-dark'];
  const pages = looks.flatMap((look) => [`product-${look}.png`, `products-${look}.png`]);
  expect(names.sort()).toEqual([...pages, 'search-phone-light.png', 'search-phone-dark.png'].sort());
  const shown = [...readFileSync(inRepository('README.md'), 'utf8').matchAll(/"docs\/images\/([^"]+)"/g)];
  expect(shown.length).toBeGreaterThanOrEqual(6);
  expect(shown.map(([, name]) => name).filter((name) => !names.includes(name!))).toEqual([]);
});

describe('the tables of docs/protocol.md', () => {
  const protocol = readMarkdown('docs/protocol.md');

  test('list every error code with its status, close code, retryability and title', () => {
    const told = protocol
      .table('Error table')
      .map(({ code, HTTP, close, retryable, title }) => ({ code, HTTP, close, retryable, title }));
    const known = Object.entries(ERRORS).map(([code, { http, close, retryable, title }]) => ({
      code,
      HTTP: String(http),
      close: String(close),
      retryable: retryable ? 'yes' : 'no',
      title,
    }));
    expect(told).toEqual(known);
  });

  test('list every close code and whether to come back', () => {
    const told = protocol
      .table('Close code table')
      .map(({ code, name, 'come back': comeBack }) => ({ code, name, comeBack }));
    const known = Object.entries(CLOSE).map(([name, code]) => ({
      code: String(code),
      name,
      comeBack: mayReturn(code) ? 'yes' : 'no',
    }));
    expect(told).toEqual(known);
  });

  test('list every limit with its value', () => {
    const told = protocol.table('Limit table').map(({ name, value }) => [name, Number(value)]);
    expect(Object.fromEntries(told)).toEqual(LIMITS);
  });

  test('list every SYSTEM event', () => {
    const told = protocol.table('SYSTEM events').map((row) => row['data.event']);
    expect(new Set(told)).toEqual(new Set(SYSTEM_EVENTS));
  });
});

describe('docs/guarantees.md', () => {
  const guarantees = readMarkdown('docs/guarantees.md');
  const headings = [...guarantees.text.matchAll(/^## (.+)$/gm)].map((match) => match[1]!);

  test('states all nine', () => {
    const numbers = headings.flatMap((heading) => /^(G\d):/.exec(heading)?.[1] ?? []);
    expect(numbers).toEqual(Array.from({ length: 9 }, (_, i) => `G${i + 1}`));
  });

  test.each(headings)('%s: names tests that there are, by the names that they have', (heading) => {
    const rows = guarantees.table(heading);
    expect(rows.length).toBeGreaterThan(0);
    const missing = rows.filter(({ file = '', test: name = '' }) => {
      if (!existsSync(inRepository(file))) return true;
      const text = readFileSync(inRepository(file), 'utf8');
      return !["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote},`));
    });
    expect(missing).toEqual([]);
  });
});

test('the table of variables in README.md says what docs/configuration.md says', () => {
  const rowsOf = (file: string, heading: string) =>
    readMarkdown(file)
      .table(heading)
      .map((row) => [row.variable, row['read by'], row.default]);
  expect(rowsOf('README.md', 'Configuration')).toEqual(rowsOf('docs/configuration.md', 'Variables'));
});

describe('README.ko.md says in Korean what README.md says', () => {
  const [english, korean] = ['README.md', 'README.ko.md'].map(readMarkdown) as [Markdown, Markdown];
  /** What is the same in every language: names and commands in the running text, links, and the outline. */
  const fixed = ({ text, links }: Markdown) => {
    const prose = text.replace(/```[\s\S]*?```/g, '');
    const found = (pattern: RegExp) => [...new Set([...prose.matchAll(pattern)].map(([, one]) => one!))].sort();
    return {
      code: found(/`([^`]+)`/g).map((code) => code.replace(/\s+/g, ' ')),
      links: links
        .map(({ path, anchor }) => `${path}#${anchor}`)
        .filter((link) => !/^README/.test(link))
        .sort(),
      headings: [...prose.matchAll(/^(#+) /gm)].map(([, level]) => level),
      pictures: found(/src="([^"]+)"/g),
    };
  };

  test('with the same commands and examples, names, links and pictures', () => {
    expect(korean.blocks.map(({ language, text }) => ({ language, text }))).toEqual(
      english.blocks.map(({ language, text }) => ({ language, text })),
    );
    expect(fixed(korean)).toEqual(fixed(english));
  });

  test('with the same rows in its tables, and the same variables and defaults', () => {
    const rows = ({ text }: Markdown) => text.split('\n').filter((line) => line.startsWith('|'));
    const firstCells = (file: Markdown) => rows(file).map((row) => row.split('|')[1]!.trim());
    const coded = (cells: string[]) => cells.map((cell) => (/^`[^`]*`$/.test(cell) ? cell : '…'));
    expect(coded(firstCells(korean))).toEqual(coded(firstCells(english)));
    const variables = (file: Markdown, heading: string) =>
      file.table(heading).map((row) => [row.variable, row['read by'], row.default]);
    expect(variables(korean, '설정')).toEqual(variables(english, 'Configuration'));
  });
});

describe('the import table of docs/architecture.md', () => {
  test('names every folder that has a rule', () => {
    const script = "import { RULES } from './scripts/imports/rules.mjs'; console.log(JSON.stringify(RULES))";
    const args = ['--input-type=module', '--eval', script];
    const rules = JSON.parse(execFileSync(process.execPath, args, { cwd: inRepository(), encoding: 'utf8' })) as {
      folder: string;
    }[];
    const known = rules.map(({ folder }) => folder).filter((folder) => existsSync(inRepository(folder)));
    const told = readMarkdown('docs/architecture.md')
      .table('Import table')
      .map(({ folder = '' }) => folder.split(' ')[0]);
    expect(told.sort()).toEqual(known.filter((folder) => !/\btest$/.test(folder)).sort());
  });
});

describe('the names in the code', () => {
  const chat = sourceOf('services/chat/src');
  const trade = sourceOf('services/trade/src');
  const host = sourceOf('packages/host/src');
  const named = (source: string, pattern: RegExp) => [
    ...new Set([...source.matchAll(pattern)].map((match) => match[1]!)),
  ];
  const missingIn = (file: string, names: string[]) => {
    const { text } = readMarkdown(file);
    expect(names.length).toBeGreaterThan(0);
    return names.filter((name) => !text.includes(name));
  };

  test('of chat: every HTTP path is in docs/protocol.md', () => {
    expect(missingIn('docs/protocol.md', named(chat, /'(\/api\/[^']+)'/g))).toEqual([]);
  });

  test('of trade: every HTTP path is in docs/http-api.md', () => {
    expect(missingIn('docs/http-api.md', named(trade, /'(\/api\/(?!chat\/)[^']+)'/g))).toEqual([]);
  });

  test('of metrics are in docs/operations.md', () => {
    expect(missingIn('docs/operations.md', named(chat + trade + host, /'(gongu_[a-z_]+)'/g))).toEqual([]);
  });

  test('of log events are in docs/operations.md', () => {
    expect(missingIn('docs/operations.md', named(chat + trade, /event: '([a-z]+(?:[.-][a-z]+)+)'/g))).toEqual([]);
  });

  test('of other log lines are in docs/operations.md', () => {
    const call = /\blog\??\.(?:info|warn|error)\((?![^;]*\bevent:)(?:[^;]*?,\s*)?'([^']+)',?\s*\)/g;
    const development = named(sourceOf('packages/host/src/embedded'), call);
    const events = named(chat + trade, /event: '([^']+)'/g).map((event) => event.replace('.', ' '));
    const names = named(chat + trade + host, call).filter((name) => ![...development, ...events].includes(name));
    expect(missingIn('docs/operations.md', names)).toEqual([]);
  });

  test('of cron jobs are in docs/operations.md', () => {
    expect(missingIn('docs/operations.md', named(chat + trade, /\bschedule\(\s*'([^']+)'/g))).toEqual([]);
  });
});

/** All TypeScript of a folder as one text. */
function sourceOf(folder: string): string {
  return readdirSync(inRepository(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('generated'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

import { readFileSync, writeFileSync } from 'node:fs';
import { inRepository } from '@gongu/testkit';

/** What became of one row. */
export interface Row {
  readonly name: string;
  /** Versions, or what it speaks. */
  readonly detail: string;
  readonly outcome: 'held' | 'failed' | 'skipped';
  /** For the table: `48 of 48`, or why it was skipped or failed, in a line. */
  readonly text: string;
}

/** The tables of docs/compatibility.md that this command writes: their heads, by the marker before them. */
export const TABLES = {
  surroundings: ['surrounding', 'versions', 'checks'],
  clients: ['client', 'speaks', 'is cut off, and comes back without loss'],
} as const;

export type TableName = keyof typeof TABLES;

/** @returns Markdown, a table */
export function table(name: TableName, rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${cell(row.name)} | ${cell(row.detail)} | ${cell(row.text)} |`);
  return [`| ${TABLES[name].join(' | ')} |`, '|---|---|---|', ...lines].join('\n');
}

/** Writes rows into the document's tables; a row that is there already is replaced, and others stay. */
export function writeTables(tables: ReadonlyMap<TableName, readonly Row[]>): void {
  const file = inRepository('docs/compatibility.md');
  let text = readFileSync(file, 'utf8');
  for (const [name, rows] of tables) text = replaceTable(text, name, rows);
  writeFileSync(file, text);
}

/** @param rows in the order of the table; those skipped here do not replace what was seen elsewhere */
export function replaceTable(text: string, name: TableName, rows: readonly Row[]): string {
  const marker = `<!-- pnpm matrix: ${name} -->`;
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`docs/compatibility.md has no ${marker}`);
  const from = at + marker.length;
  const end = /\n\n(?!\|)/.exec(text.slice(from + 2));
  const to = end ? from + 2 + end.index : text.length;
  const there = text
    .slice(from, to)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
  const key = (line: string) =>
    line
      .split(' | ')
      .slice(0, name === 'clients' ? 2 : 1)
      .join(' | ')
      .replace(/ \|$/, '');
  const seen = new Map(there.map((line) => [key(line), line]));
  for (const row of rows) {
    const line = table(name, [row]).split('\n').at(-1)!;
    if (row.outcome !== 'skipped' || !seen.has(key(line))) seen.set(key(line), line);
  }
  const head = table(name, []);
  return `${text.slice(0, from)}\n\n${[head, ...seen.values()].join('\n')}${text.slice(to)}`;
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

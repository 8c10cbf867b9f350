import { readFileSync, writeFileSync } from 'node:fs';
import { inRepository } from '@gongu/testkit';
import type { Generator, ServiceName } from './generator.ts';

/** How it went with one generator: `ok`, or why not. */
export interface Outcome {
  readonly generator: Generator;
  readonly results: Readonly<Record<ServiceName, string>>;
}

const FILE = 'docs/compatibility.md';
const BEGIN = '<!-- generated clients: begin -->';
const END = '<!-- generated clients: end -->';

/** The outcomes as a table of Markdown. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    ({ generator: { name, version, language, told }, results: { trade, chat } }) =>
      `| ${name} ${version} | ${language} | ${trade} | ${chat} | ${told} |`,
  );
  return ['| generator | language | trade | chat | what it must be told |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** Puts the table in its place in the documentation. */
export function writeTable(table: string): string {
  const path = inRepository(FILE);
  const text = readFileSync(path, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${FILE} has no place for the table`);
  writeFileSync(path, `${text.slice(0, before)}${BEGIN}\n${table}\n${text.slice(after)}`);
  return FILE;
}

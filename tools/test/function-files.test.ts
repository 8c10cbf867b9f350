import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';

const SERVICES = ['chat', 'trade'];
const filesOf = (service: string) =>
  readdirSync(inRepository(`prisma/${service}/functions`)).filter((file) => file.endsWith('.sql'));

/** Without comments and literals, which may say what they like. */
const codeOf = (sql: string) => sql.replaceAll(/--.*|'(?:[^']|'')*'/g, '');

/** Uses of a table or function of the service that leave the schema to `search_path`. */
function unnamed(sql: string, tables: readonly string[], functions: readonly string[]): string[] {
  const table = new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE|ONLY)\\s+(?:${tables.join('|')})\\b`, 'gi');
  const call = new RegExp(`(?<![\\w.])(?:${functions.join('|')})\\(`, 'gi');
  const code = codeOf(sql);
  return [...(code.match(table) ?? []), ...(code.match(call) ?? [])];
}

// PL/pgSQL looks into a body only when it runs, so PostgreSQL itself would find this on the day it does.
describe.each(SERVICES)("%s's functions", (service) => {
  const schema = readFileSync(inRepository(`prisma/${service}/schema.prisma`), 'utf8');
  const tables = [...schema.matchAll(/@@map\("(\w+)"\)/g)].map(([, name]) => String(name));
  const functions = filesOf(service).map((file) => file.slice(0, -'.sql'.length));

  it.each(filesOf(service))('%s: names the schema of each table and function', (file) => {
    const sql = readFileSync(join(inRepository(`prisma/${service}/functions`), file), 'utf8');
    expect(unnamed(sql, tables, functions)).toEqual([]);
  });

  it('would be found out if one did not', () => {
    expect(tables.length).toBeGreaterThan(4);
    const sql = `SELECT iso(a) FROM ${tables[0]} -- FROM ${tables[0]}\n, 'iso(', ${service}.iso(b) FROM ${service}.${tables[0]}`;
    expect(unnamed(sql, tables, functions)).toEqual([`FROM ${tables[0]}`, 'iso(']);
  });
});

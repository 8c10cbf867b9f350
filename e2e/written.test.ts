import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDERS = ['services/chat/src/store', 'services/trade/src/store', 'services/trade/src/outbox'];

/** Functions of the database that write: those that are neither STABLE nor IMMUTABLE, nor one expression that reads. */
const writing = ['chat', 'trade'].flatMap((schema) => {
  const folder = `prisma/${schema}/functions`;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .filter((file) => !/\b(STABLE|IMMUTABLE)\b|\bRETURN \(SELECT\b/.test(readFileSync(join(folder, file), 'utf8')))
    .map((file) => `${schema}.${file.slice(0, -'.sql'.length)}(`);
});

const statement = /\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:chat|trade)\.\w+|\b(?:chat|trade)\.\w+\(/g;

it('every statement that writes goes through written() or a batch, so that "not stored" is said where it is known', () => {
  const bare: string[] = [];
  let found = 0;
  for (const folder of FOLDERS) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
      const source = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      // A batch tells the same two apart by itself.
      if (source.includes('createBatch<')) continue;
      for (const { 0: text, index } of source.matchAll(statement)) {
        if (text.endsWith('(') && !writing.includes(text)) continue;
        found += 1;
        if (!isWrapped(source.slice(0, index))) bare.push(`${folder}/${file}: ${text}`);
      }
    }
  }
  expect(bare).toEqual([]);
  expect(found).toBeGreaterThan(20);
});

/** Whether one of the calls that are open at the end of `source` is one of written(). */
function isWrapped(source: string): boolean {
  let closed = 0;
  for (let i = source.length - 1; i >= 0; i--) {
    if (source[i] === ')') closed += 1;
    else if (source[i] === '(' && closed > 0) closed -= 1;
    else if (source[i] === '(' && source.slice(0, i).endsWith('written')) return true;
  }
  return false;
}

import { expect, it } from 'vitest';
import { admin } from '../src/admin/main.ts';

/** What changes nothing, and what changes much. */
const [READS, MUCH] = [
  new Set(['rooms list', 'rooms show', 'reports list', 'reports show', 'keys list', 'holds list']),
  new Set(['restored', 'keys rotate', 'retention run', 'users erase']),
];

it('every command of admin that changes something says who does it, for the audit, and one that changes much what it would do', () => {
  const having = (flag: string) =>
    new Set(admin.commands.filter(({ options }) => options.some((one) => one.flag === flag)).map(({ words }) => words));
  const all = admin.commands.map(({ words }) => words);
  expect(new Set(all.filter((words) => !READS.has(words)))).toEqual(having('--by'));
  expect(MUCH).toEqual(having('--dry-run'));
  expect(all).toEqual(expect.arrayContaining([...READS]));
});

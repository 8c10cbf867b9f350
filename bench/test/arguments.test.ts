import { describe, expect, it } from 'vitest';
import { readArguments, USAGE } from '../arguments.ts';
import { SCENARIOS } from '../scenarios.ts';

const DEFAULTS = {
  scenarios: Object.keys(SCENARIOS),
  repeats: 3,
  peers: true,
  max: true,
  report: null,
  profile: null,
};

describe('the arguments of pnpm bench', () => {
  it.each([
    [[], {}],
    [['s1a'], { scenarios: ['s1a'] }],
    [['s5', 'history', 's1a'], { scenarios: ['s5', 'history', 's1a'] }],
    [['--repeats', '1', 's3'], { scenarios: ['s3'], repeats: 1 }],
    [['--repeats=20'], { repeats: 20 }],
    [['--no-peers'], { peers: false }],
    [['--no-max', '--no-peers'], { max: false, peers: false }],
    [['--report', 'a.md', '--profile', 'there'], { report: 'a.md', profile: 'there' }],
  ])('%j are read', (args, meant) => {
    expect(readArguments(args)).toEqual({ ...DEFAULTS, ...meant });
  });

  it.each([['--help'], ['-h'], ['s1a', '--help']])('%j asks for help', (...args) => {
    expect(readArguments(args)).toBeNull();
  });

  it.each([
    [['s9'], /^no scenario "s9"\n/],
    [['toString'], /^no scenario "toString"\n/],
    [['s1a', 'all'], /^no scenario "all"\n/],
    [['--repeats', '0'], /^--repeats must be a whole number from 1 to 20, not "0"$/],
    [['--repeats', '21'], /^--repeats must be a whole number from 1 to 20, not "21"$/],
    [['--repeats', '1.5'], /^--repeats must be a whole number from 1 to 20, not "1.5"$/],
    [['--repeats', 'many'], /^--repeats must be a whole number from 1 to 20, not "many"$/],
    [['--repeats='], /^--repeats must be a whole number from 1 to 20, not ""$/],
    [['--peers'], /^Unknown option '--peers'/],
    [['--report'], /^Option '--report <value>' argument missing/],
  ])('%j are refused with a line that says why', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it('are all in the usage: every scenario with its title, and every option', () => {
    for (const [name, { title }] of Object.entries(SCENARIOS)) {
      expect(USAGE).toMatch(new RegExp(`^  ${name} +${title}$`, 'm'));
    }
    for (const option of ['--repeats N', '--no-peers', '--no-max', '--report FILE', '--profile DIR']) {
      expect(USAGE.split('\n\n')[0], 'the first line').toContain(`[${option}]`);
      expect(USAGE).toMatch(new RegExp(`^  ${option} +\\S`, 'm'));
    }
  });
});

import { describe, expect, it } from 'vitest';
import { readArguments, USAGE } from '../arguments.ts';
import { SCENARIOS } from '../scenarios.ts';

const DEFAULTS = {
  scenarios: Object.keys(SCENARIOS),
  repeats: 3,
  peers: true,
  morePeers: [],
  env: {},
  max: true,
  report: null,
  profile: null,
  against: null,
};
const AGAINST = { commit: 'v1', pairs: 10, seconds: 6 };

describe('the arguments of pnpm bench', () => {
  it.each([
    [[], {}],
    [['s1a'], { scenarios: ['s1a'] }],
    [['s5', 'history', 's1a'], { scenarios: ['s5', 'history', 's1a'] }],
    [['--repeats', '1', 's3'], { scenarios: ['s3'], repeats: 1 }],
    [['--repeats=20'], { repeats: 20 }],
    [['--no-peers'], { peers: false }],
    [['--peers', 'centrifugo,spring'], { morePeers: ['centrifugo', 'spring'] }],
    [['--peers=spring,spring', 'curve'], { morePeers: ['spring'], scenarios: ['curve'] }],
    [['--env', 'A=1', '--env=B_2=x=y', '--env', 'C='], { env: { A: '1', B_2: 'x=y', C: '' } }],
    [
      ['--env', 'A=1', '--env', 'A=2', '--against', 'v1', 's5'],
      { env: { A: '2' }, scenarios: ['s5'], against: AGAINST },
    ],
    [['--no-max', '--no-peers'], { max: false, peers: false }],
    [['--report', 'a.md', '--profile', 'there'], { report: 'a.md', profile: 'there' }],
    [['--against', 'v1'], { scenarios: ['s1a', 's1b', 's3', 's5'], against: AGAINST }],
    [['s1b', '--against', 'v1', '--report', 'a.md'], { scenarios: ['s1b'], against: AGAINST, report: 'a.md' }],
    [['s2', 's4a', '--against=v1', '--pairs', '5'], { scenarios: ['s2', 's4a'], against: { ...AGAINST, pairs: 5 } }],
    [['s5', '--seconds', '1.5', '--against', 'v1'], { scenarios: ['s5'], against: { ...AGAINST, seconds: 1.5 } }],
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
    [['--pairs', '5'], /^--pairs does not go without --against$/],
    [['--seconds', '5', 's1a'], /^--seconds does not go without --against$/],
    [['--against', 'v1', '--repeats', '5'], /^--repeats does not go with --against$/],
    [['--against', 'v1', '--no-peers'], /^--no-peers does not go with --against$/],
    [['--against', 'v1', '--no-max'], /^--no-max does not go with --against$/],
    [['--against', 'v1', '--profile', 'there'], /^--profile does not go with --against$/],
    [['--against', 'v1', '--pairs', '51'], /^--pairs must be a whole number from 1 to 50, not "51"$/],
    [['--against', 'v1', '--seconds', '0.5'], /^--seconds must be a number from 1 to 120, not "0.5"$/],
    [['--against', 'v1', 's1a', 'history'], /^history is not made of runs that could be paired/],
    [['--against', 'v1', 'reads'], /^reads is not made of runs that could be paired/],
    [['--against'], /^Option '--against <value>' argument missing/],
    [['--peers'], /^Option '--peers <value>' argument missing/],
    [['--peers', 'nchan'], /^no peer "nchan": there are centrifugo, spring$/],
    [['--peers', ''], /^no peer "": /],
    [['--peers', 'spring', '--no-peers'], /^--peers does not go with --no-peers$/],
    [['--peers', 'spring', '--against', 'v1'], /^--peers does not go with --against$/],
    [['--env', 'ROOM_WRITE_MS'], /^--env must be NAME=VALUE, not "ROOM_WRITE_MS"$/],
    [['--env', '=1'], /^--env must be NAME=VALUE, not "=1"$/],
    [['--env', 'a b=1'], /^--env must be NAME=VALUE, not "a b=1"$/],
    [['--env', 'DATABASE_URL=x'], /^--env can't set DATABASE_URL: the bench does$/],
    [['curve', '--against', 'v1'], /^curve is not made of runs that could be paired/],
    [['--report'], /^Option '--report <value>' argument missing/],
  ])('%j are refused with a line that says why', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });

  it('are all in the usage: every scenario with its title, and every option', () => {
    for (const [name, { title }] of Object.entries(SCENARIOS)) {
      expect(USAGE).toMatch(new RegExp(`^  ${name} +${title}$`, 'm'));
    }
    const [first, second, compared] = USAGE.split('\n');
    const alone = `${first}${second}`;
    for (const option of ['--pairs N', '--seconds N', '--env NAME=VALUE', '--report FILE'])
      expect(compared).toContain(`[${option}]`);
    expect(compared).toContain(' --against COMMIT ');
    for (const option of ['--against COMMIT', '--pairs N', '--seconds N']) {
      expect(USAGE).toMatch(new RegExp(`^  ${option} +\\S`, 'm'));
    }
    for (const option of [
      '--repeats N',
      '--peers NAMES',
      '--no-peers',
      '--no-max',
      '--env NAME=VALUE',
      '--report FILE',
      '--profile DIR',
    ]) {
      expect(alone, 'the first line').toContain(`[${option}]`);
      expect(USAGE).toMatch(new RegExp(`^  ${option} +\\S`, 'm'));
    }
  });
});

import { runMain } from '@gongu/host';
import { startSystem } from '@gongu/sim';
import { runUntilSignal } from '@gongu/sim/supervise';
import { readOptions } from '@gongu/testkit';
import { CALM, FAST } from './pace.ts';
import { show } from './show.ts';
import { createStory } from './story.ts';

const USAGE = `pnpm demo [--fast]

Starts PostgreSQL, Redis, two chat instances behind nginx, and trade, and shows with 20 scripted shoppers what they do.
Needs no running "pnpm start", and leaves nothing behind. Redis and nginx are used where the PATH has them.

  --fast   shorter waits: Redis is away for 3 s instead of 10 s
`;

await runMain('demo', async () => {
  const { fast, help } = readArguments();
  if (help) return void process.stdout.write(USAGE);
  await runUntilSignal(async ({ lifecycle, terminal, env }) => {
    const story = createStory({ out: terminal.say, nowMs: () => performance.now(), stopping: lifecycle.stopping });
    story.say('gongu demo: starting a system of its own');
    const system = await startSystem({ env, name: 'demo', lifecycle, terminal });
    if (lifecycle.stopping.aborted) return 1;
    for (const part of system.parts) story.say(`   ${part}`);
    await show({ system, story, pace: fast ? FAST : CALM, lifecycle });
    if (lifecycle.stopping.aborted) return 1;
    terminal.say(`\n${story.table()}\n`);
    terminal.say(story.failed ? 'The demo did NOT show what it should.' : 'Nothing was lost, doubled or out of order.');
    return story.failed ? 1 : 0;
  });
});

function readArguments() {
  const options = { fast: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } as const;
  return readOptions({ options, args: process.argv.slice(2) }, USAGE).values;
}

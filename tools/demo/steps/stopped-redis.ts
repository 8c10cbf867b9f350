import { setTimeout as sleep } from 'node:timers/promises';
import { confirm, duration, eventually, type Scene, talkWhile } from '../scene.ts';
import type { StepResult } from '../story.ts';

/** Longest that a message may take while Redis is away: about a second by way of PostgreSQL, and a busy machine. */
const SLOWEST_MS = 5_000;

/** Redis is stopped while all talk: messages come by way of PostgreSQL, and nothing is lost when it goes on. */
export async function stopRedis(scene: Scene): Promise<StepResult> {
  const { cast, system, pace, say, stopping } = scene;
  const { redis } = system;
  if (!redis) return { skipped: 'there is no Redis here; the instances meet in PostgreSQL all the time' };
  const both = (wanted: string) =>
    eventually(scene, `both instances ${wanted}`, async () => {
      const states = await Promise.all(system.chats.map(async ({ url }) => statusOf(url)));
      return states.every((state) => state === wanted) ? true : undefined;
    });
  await both('ready');
  cast.measure();
  await talkWhile(scene, async () => {
    const at = performance.now();
    redis.pause();
    try {
      say('   Redis is stopped (SIGSTOP: its connections stay open and nothing answers)');
      await both('degraded');
      say(`   both instances say degraded after ${duration(performance.now() - at)}, and serve on`);
      await sleep(Math.max(0, pace.redisAwayMs - (performance.now() - at)), undefined, { signal: stopping });
    } finally {
      redis.resume();
    }
    say(`   Redis goes on after ${duration(performance.now() - at)}`);
    await both('ready');
    say('   both instances say ready');
  });
  await cast.settled();
  const { ack, receipt } = cast.times();
  say(`   ${ack.count} messages meanwhile, acknowledged within ${duration(ack.maxMs)}`);
  say(
    `   received: half within ${duration(receipt.p50Ms)}, the slowest after ${duration(receipt.maxMs)} (by way of PostgreSQL)`,
  );
  confirm(receipt.maxMs < SLOWEST_MS, `every message within ${SLOWEST_MS / 1_000} s`);
  return `slowest message ${duration(receipt.maxMs)}`;
}

async function statusOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
  return ((await answer.json()) as { status: string }).status;
}

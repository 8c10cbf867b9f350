import { setTimeout as sleep } from 'node:timers/promises';
import { confirm, duration, eventually, type Scene, talkWhile } from '../scene.ts';

/** Milliseconds between two words about typing: a room hears of one user's once a second. */
const AGAIN_MS = 1_500;

/** Everybody talks; everybody has everything, in one order. */
export async function talk(scene: Scene): Promise<string> {
  const { cast, pace, say, stopping } = scene;
  cast.measure();
  await talkWhile(scene, () => sleep(pace.talkMs, undefined, { signal: stopping }));
  await cast.settled();
  const { ack, receipt } = cast.times();
  say(
    `   ${ack.count} messages were acknowledged: half within ${duration(ack.p50Ms)}, all within ${duration(ack.maxMs)}`,
  );
  say(
    `   they were received ${receipt.count} times: half within ${duration(receipt.p50Ms)}, all within ${duration(receipt.maxMs)}`,
  );
  const { lastSeq } = await cast.room();
  confirm(
    cast.present().every((shopper) => shopper.lastSeq === lastSeq),
    `everybody at ${lastSeq}`,
  );
  say(`   all ${cast.present().length} have the same ${lastSeq} messages`);
  return `${ack.count} messages, median ${duration(receipt.p50Ms)}`;
}

/** One types, and the others see it; with Redis on both instances, without it on his own. */
export async function typing(scene: Scene): Promise<string> {
  const { cast, system, say } = scene;
  const writer = cast.present().at(-1)!;
  const others = cast.present().length - 1;
  const seen = new Set<string>();
  const hushed = new Set<string>();
  const deafen = cast.listen((who, frame) => {
    if (frame.type === 'typing' && frame.user.userId === writer.userId) (frame.typing ? seen : hushed).add(who.userId);
  });
  /** What he does, now and then until it holds: of what does not last nothing is kept for who could not be reached. */
  async function until(what: string, acts: readonly boolean[], holds: () => boolean): Promise<void> {
    let turn = 0;
    let actedAt = Number.NEGATIVE_INFINITY;
    await eventually(scene, what, async () => {
      if (holds()) return true;
      if (performance.now() - actedAt < AGAIN_MS) return undefined;
      actedAt = performance.now();
      writer.typing(acts[turn++ % acts.length]!);
      return undefined;
    });
  }
  try {
    await until('typing is seen', [true], () => seen.size >= (system.redis ? others : 1));
    await until('its end is seen', [false, true], () => hushed.size >= seen.size);
  } finally {
    deafen();
  }
  confirm(!seen.has(writer.userId), 'nobody is told of himself');
  say(`   ${cast.nicknameOf(writer)} types: ${seen.size} of ${others} others see it, and see when it ends`);
  if (!system.redis) say('   (those on his own instance: without Redis, what does not last stays there)');
  return `seen by ${seen.size} of ${others}`;
}

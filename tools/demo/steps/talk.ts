import { setTimeout as sleep } from 'node:timers/promises';
import { confirm, duration, type Scene, talkWhile } from '../scene.ts';

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

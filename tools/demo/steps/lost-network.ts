import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '@gongu/testkit';
import { SHOPPERS } from '../cast.ts';
import { confirm, count, duration, type Scene, talkWhile } from '../scene.ts';

/** One shopper's network is gone while all talk, himself included. He comes back and has missed nothing. */
export async function loseNetwork(scene: Scene, tunnel: TcpProxy): Promise<string> {
  const { cast, pace, say, stopping } = scene;
  const shopper = cast.shopper(SHOPPERS[0]!.userId);
  const before = shopper.counts.recovered;
  const said = shopper.sayings.length;
  let back = 0;
  await talkWhile(scene, async () => {
    const at = shopper.lastSeq;
    await tunnel.refuse();
    tunnel.cut();
    await shopper.until('loss', () => shopper.place === 'away');
    say(`   ${cast.nicknameOf(shopper)} is in a tunnel at message ${at}; the others talk on`);
    await sleep(pace.tunnelMs, undefined, { signal: stopping });
    await tunnel.pass();
    const from = performance.now();
    await shopper.until('return', () => shopper.place === 'in');
    back = performance.now() - from;
  });
  await cast.settled();
  const missed = shopper.counts.recovered - before;
  const own = shopper.sayings.slice(said);
  say(`   back ${duration(back)} after the tunnel: ${count(missed, 'message')} brought after, none twice`);
  say(`   what he said meanwhile is there once: ${own.map(({ ack }) => ack?.seq).join(', ')}`);
  confirm(missed > 0, 'something to bring after');
  confirm(own.length > 0 && own.every(({ ack }) => ack !== null), 'all that he said acknowledged');
  return `${count(missed, 'message')} brought after`;
}

import { confirm, count, duration, eventually, type Scene, talkWhile } from '../scene.ts';

/** One of two instances dies while all talk; the other takes over, and the dead one is started again. */
export async function killInstance(scene: Scene): Promise<string> {
  const { cast, system, say } = scene;
  const [, victim] = system.chats;
  const losses = () => cast.everybody().reduce((sum, { counts }) => sum + counts.losses, 0);
  const before = losses();
  let lost = 0;
  await talkWhile(scene, async () => {
    await victim.kill();
    const at = performance.now();
    say(`   ${victim.name} is killed with SIGKILL, while everybody talks`);
    await eventually(scene, 'lost connections', async () => (losses() > before ? true : undefined));
    await eventually(scene, 'everybody back', async () => {
      return cast.everybody().some(({ place }) => place === 'away' || place === 'entering') ? undefined : true;
    });
    lost = losses() - before;
    say(
      `   ${count(lost, 'connection')} lost; all are back on ${system.chats[0].name} after ${duration(performance.now() - at)}`,
    );
    const again = performance.now();
    await victim.start();
    say(`   ${victim.name} is started again and ready after ${duration(performance.now() - again)}`);
  });
  await cast.settled();
  // Some come back to it, so that both serve again.
  for (const shopper of cast.present().filter((_, i) => i % 2 === 1)) shopper.cut();
  await eventually(scene, 'everybody back', async () => {
    return cast.everybody().some(({ place }) => place === 'away' || place === 'entering') ? undefined : true;
  });
  await cast.settled();
  const { lastSeq } = await cast.room();
  say(`   everybody has all ${lastSeq} messages`);
  confirm(lost > 0, 'lost connections');
  return `${count(lost, 'connection')} lost and back`;
}

import { expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { canBrowseTwoInstances, openTwoInstances } from './two-instances.ts';

const instances = openTwoInstances();

/** What the page keeps of its stream. */
interface Kept {
  source: EventSource;
  opened: number;
  messages: [id: string, content: string][];
  told: string[];
}

const NAME =
  'Chromium’s own EventSource comes back to either of two instances behind nginx by Last-Event-ID without loss or double, and stays away when it is refused';

it.skipIf(!canBrowseTwoInstances())(NAME, async () => {
  const { pair } = instances;
  const { nginx, proxy, url } = await instances.balance('round-robin');
  // What is said comes to one instance after the other, wherever the stream is.
  const balanced = `http://127.0.0.1:${nginx.port}`;
  const roomId = 'browser-stream';
  const room = `${balanced}/api/chat/rooms/${roomId}`;
  await pair.room(roomId, balanced);
  for (const user of ['ann', 'bob']) await call('POST', `${room}/participants`, pair.user(user), {});
  const say = (content: string) =>
    call('POST', `${room}/messages`, pair.user('bob'), { clientMessageId: content, content });

  const page = await instances.page();
  const stream = `${url}/api/chat/rooms/${roomId}/events?token=${pair.user('ann')}`;
  await page.evaluate((where) => {
    const kept: Kept = { source: new EventSource(where), opened: 0, messages: [], told: [] };
    kept.source.onopen = () => kept.opened++;
    kept.source.onmessage = ({ data, lastEventId }) => kept.messages.push([lastEventId, JSON.parse(data).content]);
    for (const type of ['joined', 'closed']) kept.source.addEventListener(type, () => kept.told.push(type));
    Object.assign(globalThis, { kept });
  }, stream);
  const kept = () =>
    page.evaluate(() => {
      const { source, opened, messages, told } = (globalThis as unknown as { kept: Kept }).kept;
      return { state: source.readyState, opened, messages, told };
    });
  const ids = async () => (await kept()).messages.map(([id]) => Number.parseInt(id, 10));
  const wait = { interval: 50 };

  await say('하나 🍊');
  await expect.poll(ids, wait).toEqual([1, 2, 3, 4]);
  for (let cut = 1; cut <= 2; cut++) {
    await proxy.refuse();
    proxy.cut();
    await say(`놓친 말 ${cut}`);
    await proxy.pass();
    await expect.poll(async () => (await kept()).opened, wait).toBe(cut + 1);
    await say(`들은 말 ${cut}`);
    await expect.poll(async () => (await ids()).length, wait).toBe(4 + 2 * cut);
  }
  const { messages, told } = await kept();
  expect(messages.map(([id]) => Number.parseInt(id, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(messages.slice(3).map(([, content]) => content)).toEqual([
    ...['하나 🍊', '놓친 말 1', '들은 말 1', '놓친 말 2', '들은 말 2'],
  ]);
  expect(told).toEqual(['joined', 'joined', 'joined']);

  // Whoever is removed may go on looking, while the room is open.
  await call('DELETE', `${room}/participants/ann`, pair.user('seller'));
  await expect.poll(async () => (await kept()).told, wait).toEqual([...told, 'closed', 'joined']);
  await call('PATCH', room, pair.service(), { status: 'CLOSED' });
  await expect.poll(async () => (await kept()).state, wait).toBe(2);
  expect((await kept()).told.at(-1)).toBe('closed');
});

import { describe, expect, it } from 'vitest';
import { call } from '../fixture/pair.ts';
import { instancesOfSessions } from '../fixture/session-instances.ts';
import type { StompPage } from './stomp-page.ts';
import { canBrowseTwoInstances, openTwoInstances } from './two-instances.ts';

type Window = { readonly chat: StompPage };

const instances = openTwoInstances();
let page: Awaited<ReturnType<typeof instances.page>>;
let rooms = 0;

const shown = () => page.evaluate(() => (globalThis as unknown as Window).chat.messages());
const seqs = async () => (await shown()).map(({ seq }) => seq);
const say = (content: string) => page.evaluate((text) => (globalThis as unknown as Window).chat.say(text), content);

const TRANSPORTS = ['plain', 'websocket', 'xhr-streaming', 'eventsource', 'xhr-polling'] as const;

describe.skipIf(!canBrowseTwoInstances())('two instances behind nginx', () => {
  describe.each(['round-robin', 'sticky'] as const)('%s', (spread) => {
    it.each(TRANSPORTS)(
      'Chromium talks over %s, and recovers by seq after its connection was cut',
      async (transport) => {
        const { pair } = instances;
        const roomId = `room-${rooms++}`;
        await pair.room(roomId);
        const { nginx, proxy, url } = await instances.balance(spread);
        const problems: string[] = [];
        page = await instances.page(problems);
        const options = { url, token: pair.user('ann'), transport, roomId };
        const came = await page.evaluate((given) => (globalThis as unknown as Window).chat.connect(given), options);
        expect(came).toBe(transport);

        await say('브라우저에서 안녕하세요 🍊');
        // The room's opening, Ann's joining, her message.
        await expect.poll(seqs).toEqual([1, 2, 3]);
        expect((await shown()).at(-1)).toMatchObject({ content: '브라우저에서 안녕하세요 🍊' });

        await proxy.refuse();
        proxy.cut();
        const path = `/api/chat/rooms/${roomId}`;
        await call('POST', `${pair.chat.url}${path}/participants`, pair.user('bob'), {});
        const bobSays = async (instance: number, content: string) => {
          const body = { clientMessageId: content, content };
          const { status } = await call('POST', `${pair.chats[instance]!.url}${path}/messages`, pair.user('bob'), body);
          expect(status).toBe(201);
        };
        await bobSays(0, '놓친 말');
        await proxy.pass();
        await expect.poll(seqs).toEqual([1, 2, 3, 4, 5]);
        expect((await shown()).at(-1)).toMatchObject({ content: '놓친 말' });
        // One of the two is not the page's.
        for (const instance of [0, 1]) await bobSays(instance, `들은 말 ${instance}`);
        await expect.poll(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
        await page.evaluate(() => (globalThis as unknown as Window).chat.leave());
        expect(problems).toEqual([]);
        if (transport === 'xhr-polling') {
          const spreads = [...(await instancesOfSessions(nginx)).values()].map((instances) => instances.size);
          expect(Math.max(...spreads)).toBe(spread === 'sticky' ? 1 : 2);
        }
      },
    );
  });
});

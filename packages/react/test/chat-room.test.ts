import { browserProgram } from '@gongu/testkit/browser';
import { expect, it } from 'vitest';
import { chatPages } from './fixture/chat-page.ts';

const test = it.skipIf(!browserProgram());

const pages = chatPages();

test('two people talk, see each other write and read, and StrictMode costs neither a second join nor a second connection', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  const bob = await pages.open('bob', roomId, { locale: 'ko' });
  await ann.seesLine('bob joined');
  await bob.seesLine('ann님이 들어왔습니다');

  await ann.field.pressSequentially('안녕', { delay: 20 });
  await bob.page.getByText('ann님이 입력 중…').waitFor();
  await ann.field.press('Enter');
  await bob.sees('안녕');
  await ann.page.getByText('Read by 1').waitFor();
  await bob.say('네, 안녕하세요');
  await ann.sees('네, 안녕하세요');
  await expect.poll(() => ann.texts()).toEqual(['안녕', '네, 안녕하세요']);
  await expect.poll(() => bob.texts()).toEqual(['안녕', '네, 안녕하세요']);
  for (const person of [ann, bob]) {
    expect(person.sent('auth')).toHaveLength(1);
    expect(person.sent('watch')).toHaveLength(1);
  }
});

test('what is written offline is sent when the network is back, and what was said meanwhile is there, in order', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  const bob = await pages.open('bob', roomId);
  await ann.seesLine('bob joined');
  await ann.say('before');
  await bob.sees('before');
  for (let round = 1; round <= 3; round++) {
    // The socket falls silent and is heard again.
    await ann.page.context().setOffline(true);
    await ann.say(`ann ${round}`);
    await bob.say(`bob ${round}`);
    await ann.say(`ann ${round} again`);
    await ann.page.context().setOffline(false);
    await bob.sees(`ann ${round} again`);
    await ann.sees(`bob ${round}`);
  }
  await expect.poll(async () => await ann.page.locator('[data-status]').count()).toBe(1);
  const all = await bob.texts();
  expect(all).toHaveLength(10);
  expect(all.filter((text) => text.startsWith('ann'))).toEqual(
    [1, 2, 3].flatMap((round) => [`ann ${round}`, `ann ${round} again`]),
  );
  await expect.poll(() => ann.texts()).toEqual(all);
});

test('what waits for a connection can be given up, by keyboard too, and is sent to nobody then', async () => {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('before');
  await bob.sees('before');
  await ann.goOffline();
  await ann.page.locator('.gongu-state[data-shown=true]').waitFor();
  for (const text of ['one', 'two', 'three']) await ann.say(text);
  const row = (text: string) => ann.page.locator('.gongu-row', { hasText: text });
  await row('one').hover();
  await row('one').getByRole('button', { name: 'Discard' }).click();
  await row('two').focus();
  // Behind the button that edits it.
  await ann.page.keyboard.press('Tab');
  await ann.page.keyboard.press('Tab');
  await ann.page.keyboard.press('Enter');
  await expect.poll(() => ann.texts()).toEqual(['before', 'three']);
  await ann.page.context().setOffline(false);
  await bob.sees('three');
  for (const each of [ann, bob]) await expect.poll(() => each.texts()).toEqual(['before', 'three']);
  await ann.page.reload();
  await expect.poll(() => ann.texts()).toEqual(['before', 'three']);
});

test('a service that stops is waited for, and what was written meanwhile arrives', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  await ann.say('before');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await pages.chat.end('SIGKILL');
  await ann.page.getByText('Connecting…').waitFor();
  await ann.say('during');
  // It was a day ago.
  await pages.chat.query(
    "UPDATE chat.messages SET created_at = created_at - interval '1 day' WHERE room_id = $1",
    roomId,
  );
  await pages.chat.start();
  await expect.poll(() => ann.page.locator('[data-seq] [data-mine=true]').count()).toBe(2);
  await expect.poll(() => ann.texts()).toEqual(['before', 'during']);
  // Each day begins with its date, in the reader's language.
  const bob = await pages.open('bob', roomId, { locale: 'ko' });
  await bob.sees('during');
  const days = await bob.page.locator('.gongu-day time').evaluateAll((times) =>
    times.map((time) => {
      const { dateTime, textContent } = time as HTMLTimeElement;
      return { textContent, date: new Intl.DateTimeFormat('ko', { dateStyle: 'full' }).format(new Date(dateTime)) };
    }),
  );
  expect(days.map(({ textContent }) => textContent)).toEqual(days.map(({ date }) => date));
  const order = bob.page.locator('.gongu-day, .gongu-text');
  await expect.poll(() => order.allTextContents()).toEqual([days[0]?.date, 'before', days[1]?.date, 'during']);
});

test('a reload in the same moment as the sending loses nothing and doubles nothing', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  await ann.say('first');
  await ann.page.locator('[data-seq] [data-mine=true]').waitFor();
  await ann.goOffline();
  await ann.field.fill('written without a network');
  await ann.field.press('Enter');
  await ann.field.fill('and reloaded');
  await ann.field.press('Enter');
  await ann.page.context().setOffline(false);
  await ann.page.reload();
  await expect.poll(() => ann.page.locator('[data-seq] [data-mine=true]').count()).toBe(3);
  await expect.poll(() => ann.texts()).toEqual(['first', 'written without a network', 'and reloaded']);
});

test('the seller writes notices, which look different; others can not', async () => {
  const roomId = await pages.chat.room();
  const seller = await pages.open('seller', roomId);
  const ann = await pages.open('ann', roomId);
  await seller.page.getByLabel('As a notice').check();
  await seller.say('배송은 내일 시작합니다');
  await ann.page.locator('.gongu-notice', { hasText: '배송은 내일 시작합니다' }).waitFor();
  expect(await seller.page.getByLabel('As a notice').isChecked()).toBe(false);
  expect(await ann.page.getByLabel('As a notice').count()).toBe(0);
});

test('what the service tells of the product is in the reader’s language, and displaces no notice', async () => {
  const roomId = await pages.chat.room();
  const [ann, ben] = [await pages.open('ann', roomId), await pages.open('ben', roomId, { locale: 'ko' })];
  const data = { event: 'notice.tier', minParticipants: 3, price: { amount: 1_234, currency: 'HUF' } };
  const told = { clientMessageId: 'notice.tier.3', content: 'for others', data };
  await pages.chat.call('POST', `/api/chat/rooms/${roomId}/messages`, told);
  await ann.page.locator('.gongu-notice', { hasText: '3 take part: everybody pays HUF\u00a012.34 now' }).waitFor();
  await ben.page.locator('.gongu-notice', { hasText: '3명이 모여 모두 HUF\u00a012.34에 구매합니다' }).waitFor();
  expect(await ann.page.locator('.gongu-pinned').count()).toBe(0);

  // So it is wherever it is shown: pinned, answered, quoted and found.
  const said = '3명이 모여 모두 HUF\u00a012.34에 구매합니다';
  const seller = await pages.open('seller', roomId, { locale: 'ko' });
  const row = seller.page.locator('.gongu-row', { has: seller.page.locator('.gongu-notice') });
  const choose = async (entry: string) => {
    await row.locator('.gongu-more').focus();
    await seller.page.keyboard.press('Enter');
    await seller.page.getByRole('menuitem', { name: entry, exact: true }).press('Enter');
  };
  await choose('고정');
  await seller.page.locator('.gongu-pin', { hasText: said }).waitFor();
  await choose('답장');
  await seller.page.locator('.gongu-replying', { hasText: said }).waitFor();
  await seller.say('답장입니다');
  await ben.page.locator('.gongu-quote', { hasText: said }).waitFor();
  await ann.page.locator('.gongu-quote', { hasText: '3 take part' }).waitFor();
  await seller.page.locator('.gongu-find').click();
  await seller.page.locator('.gongu-search input[type=search]').fill('for others');
  await seller.page.locator('.gongu-hit', { hasText: said }).waitFor();
});

test('a notice that is older than the first page stands above the messages, for whoever looks on as well', async () => {
  const roomId = await pages.chat.room();
  const seller = await pages.open('seller', roomId);
  await seller.page.getByLabel('As a notice').check();
  await seller.say('배송은 화요일입니다');
  await seller.page.locator('.gongu-pinned', { hasText: '배송은 화요일입니다' }).waitFor();
  await pages.open('ann', roomId);
  await pages.chat.fill(roomId, 'ann', 120);
  for (const looks of [false, true]) {
    const bob = await pages.open(looks ? 'bob' : 'ann', roomId, { looks });
    await bob.sees('message 120');
    await bob.page.locator('.gongu-pinned', { hasText: '배송은 화요일입니다' }).waitFor();
    expect(await bob.page.locator('.gongu-notice').count()).toBe(0);
    await bob.page.getByRole('button', { name: 'Put the notice away' }).click();
    await bob.page.locator('.gongu-pinned').waitFor({ state: 'detached' });
  }
});

test('the notice above the messages is what becomes of it: edited it has its new text, deleted it gives way to the one before', async () => {
  const roomId = await pages.chat.room();
  const messages = `/api/chat/rooms/${roomId}/messages`;
  const asSeller = <T>(method: string, path: string, body?: object) =>
    pages.chat.call<T>(method, path, body, pages.chat.token('seller'));
  const say = async (content: string) => {
    const sending = { clientMessageId: content, content, kind: 'NOTIFICATION' };
    return (await asSeller<{ seq: number }>('POST', messages, sending)).seq;
  };
  const [older, newer] = [await say('배송은 화요일입니다'), await say('배송은 월요일입니다')];
  await pages.chat.fill(roomId, 'seller', 60);
  const ann = await pages.open('ann', roomId);
  const bob = await pages.open('bob', roomId, { looks: true });
  const pinned = (text: string) =>
    Promise.all([ann, bob].map(({ page }) => page.locator('.gongu-pinned').getByText(text, { exact: true }).waitFor()));
  await pinned('배송은 월요일입니다');
  await asSeller('PATCH', `${messages}/${newer}`, { content: '배송은 일요일입니다' });
  await pinned('배송은 일요일입니다');
  await ann.page.getByRole('button', { name: 'Put the notice away' }).click();
  await asSeller('DELETE', `${messages}/${newer}`);
  await bob.page.locator('.gongu-pinned').getByText('배송은 화요일입니다', { exact: true }).waitFor();
  await asSeller('DELETE', `${messages}/${older}`);
  await bob.page.locator('.gongu-pinned').waitFor({ state: 'detached' });
  // Put away, the older one does not come back.
  expect(await ann.page.locator('.gongu-pinned').count()).toBe(0);
});

test('what one has written stays one’s own after one has left and only looks on', async () => {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.say('mine');
  await bob.sees('mine');
  await bob.say('of bob');
  await ann.sees('of bob');
  await ann.page.getByRole('button', { name: 'Show participants' }).click();
  await ann.page.getByRole('button', { name: 'Leave the chat' }).click();
  await ann.page.getByText('You have left this room.').waitFor();
  const own = () => ann.page.locator('[data-seq] [data-mine=true] .gongu-text').allTextContents();
  expect(await own()).toEqual(['mine']);
  await ann.page.reload();
  await ann.sees('of bob');
  // The page of the tests makes nobody a member again.
  await ann.page.getByText('You are looking on.').waitFor();
  expect(await own()).toEqual(['mine']);
});

test('who leaves without a connection is told that it waits, and has left once there is one', async () => {
  const roomId = await pages.chat.room();
  const [ann, bob] = [await pages.open('ann', roomId), await pages.open('bob', roomId)];
  await ann.seesLine('bob joined');
  await bob.page.getByRole('button', { name: 'Show participants' }).click();
  await bob.page.getByRole('button', { name: 'Leave the chat' }).waitFor();
  await bob.goOffline();
  await bob.page.locator('.gongu-state[data-shown=true]').waitFor();
  await bob.page.getByRole('button', { name: 'Leave the chat' }).click();
  await bob.page.getByText('There is no connection. It is sent when there is one.').waitFor();
  await bob.page.context().setOffline(false);
  await bob.page.getByText('You have left this room.').waitFor();
  await ann.seesLine('bob left');
});

test('an answer quotes what it answers, and the quotation leads there', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  const bob = await pages.open('bob', roomId);
  await ann.say('몇 시까지예요?');
  await bob.sees('몇 시까지예요?');
  await bob.page.getByRole('button', { name: 'Actions of ann’s message' }).focus();
  await bob.page.keyboard.press('Enter');
  await bob.page.getByRole('menuitem', { name: 'Reply' }).press('Enter');
  await bob.page.locator('.gongu-replying', { hasText: 'Reply to ann' }).waitFor();
  await bob.say('8시요');
  await ann.page.locator('.gongu-quote', { hasText: 'ann: 몇 시까지예요?' }).waitFor();
  await pages.chat.fill(roomId, 'bob', 70);
  await ann.sees('message 70');
  await ann.page.reload();
  await ann.sees('message 70');
  await ann.scroller.evaluate((element) => element.scrollTo(0, 0));
  await ann.page.locator('.gongu-quote').click();
  await ann.page.locator('.gongu-row', { hasText: '몇 시까지예요?' }).last().waitFor();
  expect(await ann.page.getByText('몇 시까지예요?', { exact: true }).first().isVisible()).toBe(true);
});

test('a message that the room refuses is shown as not sent, with a way to try again and one to discard it', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId);
  await ann.seesLine('ann joined');
  await ann.goOffline();
  await ann.say('too late');
  await pages.chat.call('PATCH', `/api/chat/rooms/${roomId}`, { status: 'CANCELLED', reason: 'SELLER' });
  await ann.page.context().setOffline(false);
  await ann.seesLine('The seller cancelled the group buy');
  await ann.page.getByRole('button', { name: 'Discard' }).click();
  await expect.poll(() => ann.texts()).toEqual([]);
  expect(await ann.page.locator('textarea').count()).toBe(0);
});

test('who looks on takes no place and is told to nobody; writing joins, and a full room says that it is full', async () => {
  const roomId = await pages.chat.room({ maxParticipants: 1 });
  const path = `/api/chat/rooms/${roomId}`;
  const ann = await pages.open('ann', roomId);
  await ann.seesLine('ann joined');
  await ann.say('hello');
  const bob = await pages.open('bob', roomId, { looks: true });
  await bob.sees('hello');
  await bob.page.getByText('You are looking on.').waitFor();
  expect(await ann.page.locator('.gongu-line', { hasText: 'bob' }).count()).toBe(0);
  await bob.say('may I?');
  await bob.page.getByText('So many are talking here').waitFor();

  // A buyer comes, and the guest is told why he had to go, and how to come back.
  await pages.chat.call('PUT', `${path}/participants/cho`, { committed: true });
  await ann.page.getByText('somebody who bought came in, so you made room').waitFor();
  await ann.page.getByRole('button', { name: 'Look on' }).click();
  await ann.page.getByText('You are looking on.').waitFor();

  await pages.chat.call('PATCH', path, { maxParticipants: 3 });
  await bob.page.getByRole('button', { name: 'Try again' }).click();
  await ann.seesLine('bob joined');
  await ann.sees('may I?');
  await expect.poll(() => bob.page.locator('.gongu-looking').count()).toBe(0);
  await ann.say('back');
  await bob.sees('back');
  await expect.poll(() => ann.page.locator('.gongu-looking').count()).toBe(0);

  await bob.page.getByRole('button', { name: 'Show participants' }).click();
  await bob.page.getByRole('button', { name: 'Leave the chat' }).click();
  await bob.page.getByText('You have left this room.').waitFor();
  await ann.seesLine('bob left');
  await bob.page.getByRole('button', { name: 'Enter again' }).click();
  await ann.seesLine('bob joined');

  await pages.chat.call('DELETE', `${path}/participants/ann`);
  await ann.page.getByText('You were removed from this room.').waitFor();
  const dee = await pages.open('dee', roomId, { looks: true });
  await dee.page.getByText('You are looking on.').waitFor();
  await pages.chat.call('PATCH', path, { status: 'CANCELLED', reason: 'SELLER' });
  await dee.page.getByText('The group buy is over. The chat is for those who took part.').waitFor();
  await dee.sees('back');
});

test('a room that comes a moment after its product is waited for, and one that never comes is an error with a way to try again', async () => {
  const roomId = crypto.randomUUID();
  const ann = await pages.open('ann', roomId);
  await ann.page.getByText('Connecting…').waitFor();
  await expect.poll(() => ann.sent('watch').length).toBeGreaterThan(1);
  await ann.page.getByText('Connecting…').waitFor();
  await pages.chat.room({ productId: roomId });
  await ann.page.getByText('You are looking on.').waitFor();
  await expect.poll(() => ann.page.locator('.gongu-state').getAttribute('data-shown')).toBe('false');

  const missing = crypto.randomUUID();
  const bob = await pages.open('bob', missing);
  await bob.page.getByText('Connecting…').waitFor();
  await bob.page.getByText('There is no such room.').waitFor();
  const asked = bob.sent('watch').length;
  await pages.chat.room({ productId: missing });
  await bob.page.getByRole('button', { name: 'Enter again' }).click();
  await bob.page.getByText('You are looking on.').waitFor();
  expect(bob.sent('watch').length).toBe(asked + 1);
});

test('the participants are listed with their roles, and who is there', async () => {
  const roomId = await pages.chat.room();
  await pages.chat.call('PUT', `/api/chat/rooms/${roomId}/participants/buyer`, { committed: true, nickname: '귤사랑' });
  const ann = await pages.open('ann', roomId);
  await ann.page.getByText('Show participants').waitFor({ state: 'attached' });
  expect(await ann.page.locator('.gongu-aside').isVisible()).toBe(false);
  await ann.page.getByRole('button', { name: 'Show participants' }).click();
  const people = ann.page.getByRole('region', { name: 'Participants' }).getByRole('listitem');
  await expect.poll(() => people.allTextContents()).toEqual(['sellerSeller', '귤사랑Buyer', 'ann(you)Guestonline']);
  await ann.page.getByText('2 participants · 1 online').waitFor();
});

test('where the browser has no field-sizing the field is as high as its text all the same, up to its most', async () => {
  const roomId = await pages.chat.room();
  const ann = await pages.open('ann', roomId, {
    async prepare(page) {
      await page.addInitScript(`{
        const supports = CSS.supports.bind(CSS);
        CSS.supports = (...given) => given[0] !== 'field-sizing' && supports(...given);
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('textarea { field-sizing: fixed !important; }');
        document.adoptedStyleSheets = [sheet];
      }`);
    },
  });
  await ann.seesLine('ann joined');
  const heightPx = () => ann.field.evaluate((field) => field.clientHeight);
  const fits = () => ann.field.evaluate((field) => field.scrollHeight <= field.clientHeight);
  const onePx = await heightPx();
  await ann.field.fill('one\ntwo\nthree');
  await expect.poll(heightPx).toBe(onePx + 44);
  // Narrower, the text takes more lines.
  await ann.field.fill('word '.repeat(30));
  const widePx = await heightPx();
  expect(await fits()).toBe(true);
  await ann.page.setViewportSize({ width: 320, height: 720 });
  await expect.poll(heightPx).toBeGreaterThan(widePx);
  expect(await fits()).toBe(true);
  await ann.field.fill('line\n'.repeat(100));
  expect(await heightPx()).toBeLessThan(0.45 * 720);
  await ann.field.fill('sent');
  await ann.field.press('Enter');
  await ann.sees('sent');
  expect(await heightPx()).toBe(onePx);
});

test('what was written and not sent is there after a reload and in no other room or person’s field', async () => {
  const [roomId, other] = [await pages.chat.room(), await pages.chat.room()];
  const ann = await pages.open('ann', roomId);
  await ann.seesLine('ann joined');
  await ann.field.fill('반쯤 쓴 글\n둘째 줄');
  await ann.page.reload();
  await expect.poll(() => ann.field.inputValue()).toBe('반쯤 쓴 글\n둘째 줄');
  expect(await ann.page.locator('.gongu-send').isEnabled()).toBe(true);

  const at = new URL(ann.page.url());
  const open = async (change: Record<string, string>) => {
    const config = JSON.parse(at.searchParams.get('config')!) as Record<string, string>;
    const url = new URL(at);
    url.searchParams.set('config', JSON.stringify({ ...config, ...change }));
    await ann.page.goto(url.href);
  };
  await open({ roomId: other });
  await ann.page.getByText('You are looking on.').waitFor();
  expect(await ann.field.inputValue()).toBe('');
  await open({ token: pages.chat.token('bob') });
  await ann.page.getByText('You are looking on.').waitFor();
  expect(await ann.field.inputValue()).toBe('');
  await open({});
  await expect.poll(() => ann.field.inputValue()).toBe('반쯤 쓴 글\n둘째 줄');
  await ann.page.locator('.gongu-send').click();
  await ann.sees('둘째 줄');
  await ann.page.reload();
  await ann.sees('둘째 줄');
  expect(await ann.field.inputValue()).toBe('');
});

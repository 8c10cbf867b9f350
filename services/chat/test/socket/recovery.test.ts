import type { Message } from '@gongu/shared';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { openPatientStore } from '../fixture/store.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

const seqs = (messages: readonly Message[]) => messages.map((message) => message.seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A room whose newest message is `lastSeq`, most of them ann’s. */
async function roomWith(lastSeq: number): Promise<string> {
  const roomId = await chat.room();
  const store = openPatientStore({ url: given.databaseUrl, poolSize: 3 });
  const sender = { userId: 'ann', nickname: 'ann', tag: null };
  await store.members.join([{ roomId, user: { ...sender, anon: false }, online: false }]);
  const drafts = range(3, lastSeq).map((seq) => ({
    ...{ roomId, sender, kind: 'CHAT' as const, clientMessageId: `m-${seq}`, content: said(`${seq}`), replyTo: null },
  }));
  for (let i = 0; i < drafts.length; i += 300) await store.messages.append(drafts.slice(i, i + 300));
  await store.close();
  return roomId;
}

describe('a client that comes back', () => {
  it('gets exactly what it missed, and then what is new', async () => {
    const roomId = await roomWith(120);
    const [ann, bob] = [await chat.connect('ann'), await chat.connect('bob')];
    await bob.join(roomId);
    const joined = await ann.join(roomId, 100);
    expect(joined).toMatchObject({ recovered: true, hasMore: false, lastSeq: 121 });
    expect(seqs(joined.messages)).toEqual(range(101, 121));
    await bob.say(roomId);
    expect((await ann.event('message')).seq).toBe(122);
    ann.terminate();
    for (let i = 0; i < 5; i++) await bob.say(roomId);
    const back = await chat.connect('ann');
    expect(seqs((await back.join(roomId, 122)).messages)).toEqual(range(123, 127));
    expect(await back.join(roomId, 127)).toMatchObject({ messages: [], recovered: true, hasMore: false });
  });

  it('gets 1 000 at most; further behind it starts over with the newest 50', async () => {
    const roomId = await roomWith(1_502);
    const ann = await chat.connect('ann');
    const all = await ann.join(roomId, 502);
    expect([all.recovered, all.hasMore, all.messages.length]).toEqual([true, false, 1_000]);
    expect(seqs(all.messages)).toEqual(range(503, 1_502));
    const fresh = await ann.join(roomId, 501);
    expect([fresh.recovered, fresh.hasMore]).toEqual([false, true]);
    expect(seqs(fresh.messages)).toEqual(range(1_453, 1_502));
    const older = await ann.ask({ type: 'history', roomId, before: 1_453, limit: 100 }, 'page');
    expect([seqs(older.messages), older.hasMore]).toEqual([range(1_353, 1_452), true]);
  });

  it('may be ahead of the room, and is told where it ends', async () => {
    const roomId = await roomWith(10);
    const ann = await chat.connect('ann');
    expect(await ann.join(roomId, 9_999)).toMatchObject({ messages: [], recovered: true, lastSeq: 10 });
    await ann.say(roomId);
    expect((await ann.event('message')).seq).toBe(11);
  });

  it('and has never seen anything gets the newest 50, or all with after 0', async () => {
    const roomId = await roomWith(70);
    const ann = await chat.connect('ann');
    const newest = await ann.join(roomId);
    expect([seqs(newest.messages), newest.recovered, newest.hasMore]).toEqual([range(21, 70), false, true]);
    const all = await ann.join(roomId, 0);
    expect([seqs(all.messages), all.recovered, all.hasMore]).toEqual([range(1, 70), true, false]);
  });

  it('misses nothing and gets nothing twice while others talk without a pause', async () => {
    const roomId = await roomWith(5);
    const bob = await chat.connect('bob');
    await bob.join(roomId);
    let talking = true;
    let said_ = 0;
    const talk = (async () => {
      while (talking) {
        bob.send({ type: 'send', roomId, clientMessageId: `t-${said_++}`, content: said('말') });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const got: number[] = range(1, 6);
    for (let i = 0; i < 15; i++) {
      const ann = await chat.connect('ann');
      const { messages, recovered } = await ann.join(roomId, got.at(-1)!);
      expect(recovered).toBe(true);
      got.push(...seqs(messages));
      for (let n = 0; n < 5; n++) got.push((await ann.event('message')).seq);
      ann.terminate();
    }
    talking = false;
    await talk;
    expect(got).toEqual(range(1, got.length));
  });
});

describe('a page of long messages', () => {
  it('is bounded in bytes, says that there is more, and the rest follows', async () => {
    const roomId = await chat.room();
    const ann = await chat.connect('ann');
    await ann.join(roomId);
    for (let i = 0; i < 40; i++) await ann.say(roomId, said('가'.repeat(3_990)));
    const got: number[] = [];
    let before: number | undefined;
    let pages = 0;
    for (let more = true; more; pages++) {
      const page = await ann.ask({ type: 'history', roomId, before, limit: 100 }, 'page');
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(300_000);
      got.unshift(...seqs(page.messages));
      before = got[0];
      more = page.hasMore;
    }
    expect(got).toEqual(range(1, 42));
    expect(pages).toBeGreaterThan(1);
  });
});

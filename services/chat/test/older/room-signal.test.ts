import { probe, redisProgram } from '@gongu/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Instance } from '../fixture/chat.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';
import { twoInstancesOfThisFile } from '../fixture/two-instances.ts';

const pair = twoInstancesOfThisFile();
let here: Instance;
let there: Instance;
beforeAll(() => {
  ({ here, there } = pair);
});

/** A socket of `/room`. */
async function enter(instance: Instance, userId: string, roomId: string, more = '') {
  const url = `${instance.url.replace('http', 'ws')}/room?roomId=${roomId}&token=${tokenOf(userId)}${more}`;
  return probe(url);
}

/** Two members of one room, each on an instance of his own, who know of each other. */
async function annAndBob() {
  const roomId = await here.room();
  const bob = await enter(there, 'bob', roomId, '&history=1');
  await bob.next((frame) => frame.data === 'bob joined');
  const ann = await enter(here, 'ann', roomId);
  await bob.next((frame) => frame.data === 'ann joined');
  return { roomId, ann, bob };
}

describe('/room?roomId=', () => {
  it.skipIf(!redisProgram())('tells the others on all instances who came and who went', async () => {
    const { ann, bob } = await annAndBob();
    expect(await bob.next((frame) => frame.type === 'new')).toEqual({ type: 'new', sender: 'ann', receiver: 'all' });
    ann.close();
    expect(await bob.next((frame) => frame.type === 'close')).toEqual({
      ...{ type: 'close', sender: 'ann', receiver: 'all' },
    });
    expect(ann.queue.filter((frame: { sender?: string }) => frame.sender === 'ann')).toEqual([]);
  });

  it('shows what the service tells a room as it is written, and not what others translate', async () => {
    const { roomId, bob } = await annAndBob();
    const content = said('5 of 6 places are taken');
    const body = { clientMessageId: 'filling', content, kind: 'NOTIFICATION', data: { event: 'notice.filling' } };
    await here.call('POST', `/api/chat/rooms/${roomId}/messages`, { as: SERVICE, body });
    expect(await bob.next((frame) => frame.type === 'NOTIFICATION')).toMatchObject({ sender: null, data: content });
  });

  it('stores what is for all under the sender’s own type, and shows that type to its own clients only', async () => {
    const { roomId, ann, bob } = await annAndBob();
    const eve = await there.connect('eve');
    await eve.join(roomId);
    const offer = { sdp: said('v=0'), lines: [1, 2] };
    ann.send({ type: 'offer', sender: 'somebody', receiver: 'all', data: offer });
    const heard = await bob.next((frame) => frame.type === 'offer');
    expect(heard).toEqual({ type: 'offer', sender: 'ann', receiver: 'all', data: offer, seq: expect.any(Number) });
    const message = await eve.event('message', (event) => event.kind === 'CHAT');
    expect(message).toMatchObject({ seq: heard.seq, content: JSON.stringify(offer), data: offer });
    expect(JSON.stringify(message)).not.toContain('offer');

    ann.send({ type: 'talk', data: said('안녕') });
    const talk = await bob.next((frame) => frame.type === 'talk');
    expect(talk).toMatchObject({ sender: 'ann', data: said('안녕'), seq: heard.seq + 1 });
    const text = await eve.event('message', (event) => event.seq === talk.seq);
    expect(text).toMatchObject({ content: said('안녕') });
    expect(text).not.toHaveProperty('data');
    const page = await there.call<{ messages: object[] }>('GET', `/api/chat/rooms/${roomId}/messages`, { as: 'eve' });
    expect(JSON.stringify(page.body)).not.toMatch(/signalType|"offer"|"talk"/);

    const back = await enter(there, 'bob', roomId, `&after=${heard.seq - 1}`);
    expect(await back.next()).toEqual(heard);
    expect(await back.next()).toEqual(talk);
    await eve.say(roomId, said('반가워'));
    expect(await bob.next((frame) => frame.type === 'CHAT')).toMatchObject({ sender: 'eve', data: said('반가워') });
  });

  it('brings null as null, at once and later', async () => {
    const { roomId, ann, bob } = await annAndBob();
    ann.send({ type: 'bare', receiver: 'all' });
    const bare = await bob.next((frame) => frame.type === 'bare');
    expect(bare.data).toBeNull();
    const back = await enter(here, 'bob', roomId, `&after=${bare.seq - 1}`);
    expect(await back.next()).toEqual(bare);
  });

  it('passes what is for one to all his sockets on all instances, stored and numbered nowhere', async () => {
    const { roomId, ann, bob } = await annAndBob();
    const second = await enter(here, 'bob', roomId, '&history=1');
    await second.next();
    const eve = await enter(there, 'eve', roomId);
    await ann.next((frame) => frame.data === 'eve joined');
    const before = await here.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' });
    ann.send({ type: 'ice', receiver: 'bob', data: { candidate: said('x') } });
    const expected = { type: 'ice', sender: 'ann', receiver: 'bob', data: { candidate: said('x') } };
    expect(await bob.next((frame) => frame.type === 'ice')).toEqual(expected);
    expect(await second.next((frame) => frame.type === 'ice')).toEqual(expected);
    ann.send({ type: 'done', receiver: 'all', data: 1 });
    await eve.next((frame) => frame.type === 'done');
    expect([...eve.queue, ...ann.queue].filter((frame: { type: string }) => frame.type === 'ice')).toEqual([]);
    const after = await here.call<{ lastSeq: number }>('GET', `/api/chat/rooms/${roomId}`, { as: 'ann' });
    expect(after.body.lastSeq).toBe(before.body.lastSeq + 1);
  });

  it('is in the lobby where it names no room, and gives one without a token an identity first', async () => {
    const guest = await probe(`${here.url.replace('http', 'ws')}/room`);
    expect(await guest.next()).toMatchObject({ type: 'identity', token: expect.any(String) });
    const ann = await enter(there, 'ann', '', '&history=1');
    await ann.next();
    guest.send({ type: 'hello', receiver: 'all', data: said('로비') });
    expect(await ann.next((frame) => frame.type === 'hello')).toMatchObject({ data: said('로비') });
  });

  it('says what is wrong with a frame, and ends when the membership does', async () => {
    const { roomId, ann } = await annAndBob();
    for (const bad of [
      { receiver: 'all', data: 1 },
      { type: 'x', receiver: 5 },
      { type: 'x', data: 'a\u0000b' },
    ]) {
      ann.send(bad);
      expect(await ann.next((frame) => frame.type === 'error')).toMatchObject({ code: 'VALIDATION_FAILED' });
    }
    await here.call('DELETE', `/api/chat/rooms/${roomId}/participants/ann`, { as: SERVICE });
    expect(await ann.closed()).toMatchObject({ code: 4503 });
    const stray = await enter(here, 'ann', 'no-such-room');
    expect(await stray.closed()).toMatchObject({ code: 4504 });
  });
});

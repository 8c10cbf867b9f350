import { spawnSync } from 'node:child_process';
import { inRepository, probe } from '@gongu/testkit';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { openStream } from '../fixture/event-stream.ts';
import { said } from '../fixture/log-lines.ts';
import { SERVICE, tokenOf } from '../fixture/tokens.ts';

const given = chatOfThisFile();
let chat: Instance;
beforeAll(async () => {
  chat = await given.start();
});

/** A room with two messages of ann; its epoch, and the `seq` of the first one. */
async function talk() {
  const roomId = await chat.room();
  const ann = await chat.connect('ann');
  const { epoch } = await ann.join(roomId);
  const { seq } = await ann.say(roomId, said('one'));
  await ann.say(roomId, said('two'));
  return { roomId, epoch, seq };
}

describe('an epoch', () => {
  it('has 8 characters, is the same for all who join, and another one in the room that is opened in its place', async () => {
    const { roomId, epoch } = await talk();
    expect(epoch).toMatch(/^[0-9a-z]{8}$/);
    const bob = await chat.connect('bob');
    expect((await bob.join(roomId)).epoch).toBe(epoch);
    const room = await chat.call<{ epoch: string }>('GET', `/api/chat/rooms/${roomId}`, { as: 'bob' });
    expect(room.body.epoch).toBe(epoch);
    await chat.call('DELETE', `/api/chat/rooms/${roomId}`, { as: SERVICE });
    await chat.room({ productId: roomId });
    const again = await chat.connect('ann');
    expect((await again.join(roomId)).epoch).not.toBe(epoch);
  });

  it('that is another one makes `after` count as none, by join and watch; the same one, and none, recover', async () => {
    const { roomId, epoch, seq } = await talk();
    const ask = async (type: string, fields: object) => {
      const client = await chat.connect('ann');
      const { recovered, messages } = await client.ask({ type, roomId, after: seq, ...fields }, 'joined');
      return [recovered, messages.length];
    };
    for (const type of ['join', 'watch']) {
      expect(await ask(type, { epoch })).toEqual([true, 1]);
      expect(await ask(type, {})).toEqual([true, 1]);
      expect(await ask(type, { epoch: 'another1' })).toEqual([false, seq + 1]);
      // What is beyond the room's newest by another epoch is no reason to wait for it.
      expect(await ask(type, { epoch: 'another1', after: seq + 999 })).toEqual([false, seq + 1]);
    }
  });

  it('goes with the ids of a stream, which takes a plain seq too', async () => {
    const { roomId, epoch, seq } = await talk();
    const open = (id: string) =>
      openStream(`${chat.url}/api/chat/rooms/${roomId}/events`, {
        ...{ authorization: `Bearer ${tokenOf('ann')}`, 'last-event-id': id },
      });
    for (const id of [`${seq}.${epoch}`, `${seq}`]) {
      const stream = await open(id);
      expect((await stream.next('joined')).data).toMatchObject({ recovered: true, epoch });
      const first = await stream.next('message');
      expect([first.id, first.data.seq]).toEqual([`${seq + 1}.${epoch}`, seq + 1]);
      const ann = await chat.connect('ann');
      const live = await ann.say(roomId);
      expect((await stream.next('message', ({ data }) => data.seq === live.seq)).id).toBe(`${live.seq}.${epoch}`);
      stream.close();
    }
    const anew = await open(`${seq}.another1`);
    expect((await anew.next('joined')).data).toMatchObject({ recovered: false, epoch });
    expect((await anew.next('message')).data.seq).toBe(1);
    await expect(open('1.')).rejects.toThrow('400');
  });

  it('goes with a SUBSCRIBE of STOMP, and stands on what that brings', async () => {
    const { roomId, epoch, seq } = await talk();
    const subscribe = async (header: string) => {
      const socket = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
      socket.send(`CONNECT\naccept-version:1.2\nhost:x\nAuthorization:Bearer ${tokenOf('ann')}\n\n\0`);
      socket.send(`SUBSCRIBE\nid:0\ndestination:/topic/chat/${roomId}\nafter:${seq}\n${header}\n\0`);
      return String(await socket.next((frame: unknown) => String(frame).startsWith('MESSAGE')));
    };
    const recovered = `seq:${seq + 1}\nrecovered:true\nepoch:${epoch}\n`;
    expect(await subscribe(`epoch:${epoch}\n`)).toContain(recovered);
    expect(await subscribe('')).toContain(recovered);
    expect(await subscribe('epoch:another1\n')).toContain(`seq:1\nrecovered:false\nepoch:${epoch}\n`);
  });
});

describe('pnpm admin', () => {
  const admin = (args: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [inRepository('services/chat/dist/admin.mjs'), ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: given.databaseUrl, ...env },
      encoding: 'utf8',
    });

  it('restored gives all rooms another epoch, with a row of audit, and clients of before begin anew', async () => {
    const { roomId, epoch, seq } = await talk();
    await chat.stop();
    const { status, stdout, stderr } = admin(['restored', '--json']);
    expect([status, stderr]).toEqual([0, '']);
    const { rooms } = JSON.parse(stdout);
    expect(rooms).toBeGreaterThan(0);
    const client = new pg.Client(given.databaseUrl);
    await client.connect();
    const { rows } = await client.query('SELECT act, detail FROM chat.moderations ORDER BY id DESC LIMIT 1');
    await client.end();
    expect(rows).toEqual([{ act: 'rooms.restored', detail: { rooms } }]);
    chat = await given.start();
    const ann = await chat.connect('ann');
    const joined = await ann.ask({ type: 'join', roomId, after: seq, epoch }, 'joined');
    expect(joined).toMatchObject({ recovered: false, lastSeq: seq + 1 });
    expect(joined.epoch).not.toBe(epoch);
    expect(admin(['restored']).stdout).toBe(`${rooms} rooms have another epoch\n`);
  });

  it('ends with 1 where the database is away', () => {
    const { status, stderr } = admin(['restored'], { DATABASE_URL: 'postgresql://127.0.0.1:1/none' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('not reachable')]);
    expect(admin(['restored'], { DATABASE_URL: '' }).stderr).toContain('DATABASE_URL: is not set');
  });
});

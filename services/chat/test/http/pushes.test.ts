import { createHash } from 'node:crypto';
import type { PushSubscriptions } from '@gongu/shared';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE } from '../fixture/tokens.ts';

const PUSH_KEY = 'Zm91cnR5LXRocmVlIGNoYXJhY3RlcnMgb2YgYmFzZTY';
const given = chatOfThisFile();
let chat: Instance;
let without: Instance;
let database: pg.Client;
beforeAll(async () => {
  // Nobody is told within the time of this file.
  chat = await given.start({ PUSH_KEY, PUSH_CONTACT: 'https://shop.example/contact', ABSENT_AFTER_S: '600' });
  without = await given.start();
  database = new pg.Client(given.databaseUrl);
  await database.connect();
});
afterAll(() => database?.end());

const PATH = '/api/chat/push-subscriptions';
const keys = { p256dh: `BA${'x'.repeat(85)}`, auth: 'y'.repeat(22) };
const endpointOf = (name: string) => `https://push.example/${name}`;
const idOf = (name: string) => createHash('sha256').update(endpointOf(name)).digest('base64url');
const put = (as: string, roomId: string, name: string) =>
  chat.call('PUT', PATH, { as, body: { roomId, endpoint: endpointOf(name), keys } });
const list = async (as: string) => (await chat.call<PushSubscriptions>('GET', PATH, { as })).body.items;
async function roomWith(...members: string[]): Promise<string> {
  const roomId = await chat.room();
  for (const as of members) await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as });
  return roomId;
}

describe('a subscription', () => {
  it('is refused to who is no member, and who is banned is told that', async () => {
    const roomId = await roomWith('bad');
    expect((await put('eve', roomId, 'e1')).body).toMatchObject({ code: 'NOT_A_MEMBER' });
    const restriction = { as: 'seller', body: { kind: 'BAN' } };
    await chat.call('PUT', `/api/chat/rooms/${roomId}/restrictions/bad`, restriction);
    expect((await put('bad', roomId, 'b1')).body).toMatchObject({ code: 'BANNED' });
  });

  it('is a member’s, of a device and a room, and is ended by either', async () => {
    const [one, two] = [await roomWith('ann'), await roomWith('ann')];
    for (const [roomId, name] of [
      [one, 'a1'],
      [one, 'a1'],
      [one, 'a2'],
      [two, 'a1'],
    ] as const)
      expect((await put('ann', roomId, name)).status).toBe(204);
    const all = [
      { roomId: one, deviceId: idOf('a1') },
      { roomId: one, deviceId: idOf('a2') },
      { roomId: two, deviceId: idOf('a1') },
    ];
    expect(await list('ann')).toEqual(expect.arrayContaining(all));
    expect(await list('ann')).toHaveLength(3);
    const body = { endpoint: endpointOf('a1'), roomId: one };
    expect((await chat.call('DELETE', PATH, { as: 'ann', body })).status).toBe(204);
    expect((await chat.call('DELETE', PATH, { as: 'ann', body })).status).toBe(204);
    expect(await list('ann')).toHaveLength(2);
    await chat.call('DELETE', PATH, { as: 'ann', body: { endpoint: endpointOf('a1') } });
    expect(await list('ann')).toEqual([all[1]]);
  });

  it('goes with a device to who signs in on it, and is nobody else’s to end', async () => {
    const roomId = await roomWith('bob', 'carl');
    await put('bob', roomId, 'shared');
    await chat.call('DELETE', PATH, { as: 'carl', body: { endpoint: endpointOf('shared') } });
    expect(await list('bob')).toHaveLength(1);
    await put('carl', roomId, 'shared');
    expect([await list('bob'), await list('carl')]).toEqual([[], [{ roomId, deviceId: idOf('shared') }]]);
  });

  it('is of the newest twenty devices in a room', async () => {
    const roomId = await roomWith('dora');
    for (let i = 0; i < 21; i++) await put('dora', roomId, `d${i}`);
    const devices = (await list('dora')).map(({ deviceId }) => deviceId);
    expect([devices.length, devices.includes(idOf('d0')), devices.includes(idOf('d20'))]).toEqual([20, false, true]);
  });

  it('is forgotten after its member has left, and with its room', async () => {
    const [left, removed] = [await roomWith('erin'), await roomWith('erin')];
    await put('erin', left, 'e');
    await put('erin', removed, 'e');
    await chat.call('DELETE', `/api/chat/rooms/${left}/participants/erin`, { as: 'erin' });
    await chat.call('DELETE', `/api/chat/rooms/${removed}`, { as: SERVICE });
    await database.query('SELECT chat.forget_pushes(100)');
    expect(await list('erin')).toEqual([]);
  });

  it.each([
    ['a room that there is not', { roomId: 'nowhere' }, [404, 'NOT_FOUND']],
    ['a room that one is not in', {}, [403, 'NOT_A_MEMBER']],
    ['the lobby, of which nobody is a member', { roomId: 'lobby' }, [403, 'NOT_A_MEMBER']],
    ['an endpoint without TLS', { endpoint: 'http://push.example/1' }, [400, 'VALIDATION_FAILED']],
    ['an endpoint of 3,000 characters', { endpoint: endpointOf('x'.repeat(3_000)) }, [400, 'VALIDATION_FAILED']],
    ['a key of another length', { keys: { ...keys, auth: 'short' } }, [400, 'VALIDATION_FAILED']],
    ['no keys', { keys: undefined }, [400, 'VALIDATION_FAILED']],
  ])('of %s is refused', async (_what, fields, expected) => {
    const body = { roomId: await roomWith(), endpoint: endpointOf('f'), keys, ...fields };
    const { status, body: problem } = await chat.call('PUT', PATH, { as: 'fred', body });
    expect([status, problem.code]).toEqual(expected);
    expect(await list('fred')).toEqual([]);
  });

  it('needs a key of the service: where pushes are off there is none, and what was there can be ended', async () => {
    const roomId = await roomWith('gina');
    const { body } = await chat.call<{ publicKey: string }>('GET', '/api/chat/push-key', { as: 'gina' });
    expect(Buffer.from(body.publicKey, 'base64url')).toHaveLength(65);
    await put('gina', roomId, 'g');
    const off = await without.call('GET', '/api/chat/push-key', { as: 'gina' });
    expect([off.status, off.body.code]).toEqual([404, 'NOT_FOUND']);
    const refused = await without.call('PUT', PATH, { as: 'gina', body: { roomId, endpoint: endpointOf('h'), keys } });
    expect(refused.status).toBe(404);
    await without.call('DELETE', PATH, { as: 'gina', body: { endpoint: endpointOf('g') } });
    expect(await list('gina')).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import type { Check } from './check.ts';
import { ask, connect, eventually, expect, product, room, type Scene } from './scene.ts';

const buy = (scene: Scene, id: string, name: string, expected: { status: number; code?: string } = { status: 201 }) =>
  ask(scene.token(name), 'POST', `${scene.tradeUrl}/api/products/${id}/participations`, { ...expected, body: {} });
const end = (scene: Scene, id: string, how: 'close' | 'cancel') =>
  ask(scene.token('seller', ['seller']), 'POST', `${scene.tradeUrl}/api/products/${id}/${how}`, {
    status: 200,
    body: {},
  });

/** What trade sells, and what chat's rooms make of it. */
export const PURCHASES: readonly Check[] = [
  {
    name: 'a product that is created has its room',
    async run(scene) {
      const id = await product(scene, { title: '한라봉 🍊 <5kg>' });
      const found = await room(scene, id, () => true);
      expect(found.title === '한라봉 🍊 <5kg>' && found.status === 'ACTIVE', 'the title in an ACTIVE room', found);
      const { items } = await ask<{ items: { id: string }[] }>(
        scene.token('ann'),
        'GET',
        `${scene.tradeUrl}/api/products?limit=100`,
        {
          status: 200,
        },
      );
      expect(
        items.some((one) => one.id === id),
        'the product in the list',
      );
    },
  },
  {
    name: 'a purchase makes a buyer, a withdrawal a guest',
    async run(scene) {
      const id = await product(scene);
      await buy(scene, id, 'ann');
      await buy(scene, id, 'ann', { status: 409, code: 'ALREADY_PARTICIPATING' });
      await room(scene, id, ({ committedCount }) => committedCount === 1);
      const ann = await connect(scene, 'ann');
      const { you } = await ann.join(id);
      expect(you.role === 'BUYER', 'a BUYER', you);
      const mine = `${scene.tradeUrl}/api/products/${id}/participations/me`;
      await ask(scene.token('ann'), 'DELETE', mine, { status: 204 });
      await ann.frame('message', ({ data }) => data?.event === 'participant.uncommitted');
      await room(scene, id, ({ committedCount }) => committedCount === 0);
      ann.close();
    },
  },
  {
    name: 'the last place closes the product and its room; nobody gets in beyond the cap',
    async run(scene) {
      const id = await product(scene, { maxParticipants: 2 });
      const buyers = ['b1', 'b2', 'b3', 'b4', 'b5'];
      const url = `${scene.tradeUrl}/api/products/${id}/participations`;
      const answers = await Promise.all(
        buyers.map((name) => fetch(url, { method: 'POST', headers: { authorization: `Bearer ${scene.token(name)}` } })),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses.join() === '201,201,409,409,409', 'two of five to get a place', statuses);
      const closed = await room(scene, id, ({ status }) => status === 'CLOSED');
      expect(closed.reason === 'FULL', 'the reason FULL', closed.reason);
      await buy(scene, id, 'b9', { status: 409 });
    },
  },
  {
    name: 'a seller closes: members talk on, nobody gets in',
    async run(scene) {
      const id = await product(scene);
      await buy(scene, id, 'ann');
      await room(scene, id, ({ committedCount }) => committedCount === 1);
      await end(scene, id, 'close');
      await room(scene, id, ({ status }) => status === 'CLOSED');
      const participants = `${scene.chatUrl}/api/chat/rooms/${id}/participants`;
      await ask(scene.token('bob'), 'POST', participants, { status: 409, code: 'ROOM_NOT_ACTIVE', body: {} });
      const ann = await connect(scene, 'ann');
      await ann.join(id);
      expect((await ann.say(id, '고마워요')).type === 'ack', 'a buyer to talk on');
      ann.close();
    },
  },
  {
    name: 'a seller cancels: the room is read-only',
    async run(scene) {
      const id = await product(scene);
      const ann = await connect(scene, 'ann');
      await ann.join(id);
      await end(scene, id, 'cancel');
      await ann.frame('message', ({ data }) => data?.event === 'room.cancelled');
      const refused = await ann.say(id, '아직?');
      expect(refused.code === 'ROOM_READ_ONLY', 'ROOM_READ_ONLY', refused);
      ann.close();
    },
  },
  {
    name: 'a deadline that passes ends the product and its room',
    async run(scene) {
      const id = await product(scene, { deadline: new Date(Date.now() + 2_500).toISOString(), minParticipants: 2 });
      const ended = await room(scene, id, ({ status }) => status === 'CANCELLED');
      const { reason } = await eventually('the product to be cancelled', async () => {
        const found = await ask(scene.token('ann'), 'GET', `${scene.tradeUrl}/api/products/${id}`, { status: 200 });
        return found.status === 'CANCELLED' ? found : undefined;
      });
      expect(reason === 'UNDERFILLED', 'UNDERFILLED', [reason, ended.reason]);
    },
  },
  {
    name: 'a seller can not buy, and strangers can not close',
    async run(scene) {
      const id = await product(scene);
      await buy(scene, id, 'seller', { status: 403, code: 'SELLER_CANNOT_BUY' });
      const close = `${scene.tradeUrl}/api/products/${id}/close`;
      await ask(scene.token('x', ['seller']), 'POST', close, { status: 403, code: 'FORBIDDEN', body: {} });
    },
  },
  {
    name: 'a repeated request with the same key is answered once',
    async run(scene) {
      const id = await product(scene);
      const headers = { 'idempotency-key': randomUUID() };
      const url = `${scene.tradeUrl}/api/products/${id}/participations`;
      const again = (body: object, status: number) => ask(scene.token('ann'), 'POST', url, { status, body, headers });
      const [first, second] = [await again({ quantity: 2 }, 201), await again({ quantity: 2 }, 201)];
      expect(JSON.stringify(first) === JSON.stringify(second), 'the first answer again', second);
      await again({ quantity: 3 }, 422);
    },
  },
  {
    name: 'a product that has not changed is 304',
    async run(scene) {
      const id = await product(scene);
      const get = (headers: Record<string, string>) => fetch(`${scene.tradeUrl}/api/products/${id}`, { headers });
      const tag = (await get({})).headers.get('etag') ?? '';
      const { status } = await get({ 'if-none-match': tag });
      expect(status === 304, '304', [status, tag]);
    },
  },
];

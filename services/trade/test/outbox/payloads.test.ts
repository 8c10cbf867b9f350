import { createLog, systemClock } from '@gongu/host';
import type { OutboxKind } from '@gongu/shared';
import { eventually } from '@gongu/testkit/eventually';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChatAnswer, type ChatRooms, createDeliver, createDeliverTogether } from '../../src/outbox/deliver.ts';
import type { OutboxEntry } from '../../src/outbox/outbox-store.ts';
import { createRelay } from '../../src/outbox/relay.ts';
import { caller } from '../fixture/people.ts';
import { testStore } from '../fixture/store.ts';

const { store, outbox, product, rows } = await testStore();

/** Chat that takes everything, and remembers with what it was called. */
function recordingChat() {
  const calls: unknown[][] = [];
  const taken: ChatAnswer = { status: 200, timedOut: false, detail: '', retryAfterMs: null };
  const record =
    (what: string) =>
    async (...args: unknown[]) => {
      calls.push([what, ...args.slice(0, -1)]); // without the trace
      return taken;
    };
  const chat: ChatRooms = {
    open: record('open'),
    patch: record('patch'),
    commit: record('commit'),
    commitAll: record('commitAll'),
    say: record('say'),
  };
  return { chat, calls };
}

const OPENING = {
  productId: 'p',
  title: '제주 감귤',
  hostId: 'sel',
  hostNickname: 'sel',
  maxParticipants: 5,
  minParticipants: 1,
  expiresAt: '2026-12-01T09:00:00.000Z',
};

const entryOf = (kind: OutboxKind, payload: Record<string, unknown>): OutboxEntry => ({
  id: '1',
  roomId: 'p',
  kind,
  payload,
  attempts: 0,
  trace: {},
});

describe('purchases that chat is told together', () => {
  const entries = ['ann', 'ben'].map((userId) => entryOf('buyer.committed', { userId, nickname: userId }));
  const answers = (status: number | null, timedOut = false) => {
    const { chat } = recordingChat();
    const commitAll = async () => ({ status, timedOut, detail: '', retryAfterMs: null });
    return createDeliverTogether({ chat: { ...chat, commitAll } })(entries);
  };

  it('are one request, with what each would have been told', async () => {
    const { chat, calls } = recordingChat();
    expect(await createDeliverTogether({ chat })(entries)).toEqual({ kind: 'delivered' });
    const participants = ['ann', 'ben'].map((userId) => ({ userId, nickname: userId, committed: true }));
    expect(calls).toEqual([['commitAll', 'p', participants]]);
  });

  it.each([403, 404, 405, 409, 429, 500])(
    'are told one by one where the answer may be of one of them: %i',
    async (status) => {
      const delivery = await answers(status);
      expect(status === 403 ? delivery?.kind : delivery).toBe(status === 403 ? 'unreachable' : null);
    },
  );

  it('wait together for a chat that is away or silent', async () => {
    expect(await answers(503)).toMatchObject({ kind: 'unreachable' });
    expect(await answers(null)).toMatchObject({ kind: 'unreachable' });
    expect(await answers(null, true)).toMatchObject({ kind: 'retry', silent: true });
  });

  it('are told one by one where the payload of one is broken, and nothing is sent before', async () => {
    const { chat, calls } = recordingChat();
    const broken = entryOf('buyer.committed', { nickname: 'ann' });
    expect(await createDeliverTogether({ chat })([...entries, broken])).toBeNull();
    expect(calls).toEqual([]);
  });
});

describe('a payload that the route of chat would not take', () => {
  it.each<[string, OutboxKind, Record<string, unknown>, string]>([
    ['a room without a title', 'room.open', { ...OPENING, title: undefined }, 'title'],
    ['a room for nobody', 'room.open', { ...OPENING, maxParticipants: 0 }, 'maxParticipants'],
    ['a room that needs more than it takes', 'room.open', { ...OPENING, minParticipants: 6 }, 'minParticipants'],
    ['a deadline that is no time', 'room.open', { ...OPENING, expiresAt: 'tomorrow' }, 'expiresAt'],
    ['a change of nothing', 'room.patched', {}, 'must have status, title'],
    ['a cap that is a text', 'room.patched', { maxParticipants: '5' }, 'maxParticipants'],
    ['a status of trade that chat does not know', 'room.status', { status: 'RECRUITING', reason: null }, 'status'],
    ['a buyer without an id', 'buyer.committed', { nickname: 'ann' }, 'userId'],
    ['a buyer with an empty name', 'buyer.committed', { userId: 'ann', nickname: '' }, 'nickname'],
    ['a notice of nothing', 'room.notice', { event: 'notice.tier', minParticipants: 3 }, 'price'],
    ['nobody who withdrew', 'buyer.withdrawn', { userId: null }, 'userId'],
  ])('is refused and never sent: %s', async (_, kind, payload, where) => {
    const { chat, calls } = recordingChat();
    const delivery = await createDeliver({ chat })(entryOf(kind, payload));
    expect(delivery).toMatchObject({ kind: 'refused', unsent: true });
    expect(delivery).toHaveProperty('detail', expect.stringMatching(`^not sent, chat would not take it: .*${where}`));
    expect(calls).toEqual([]);
  });

  it('is parked in sight, blocks its room only, and goes out when it was put right', async () => {
    const { chat, calls } = recordingChat();
    const broken = await product();
    const other = await product();
    await rows("UPDATE outbox SET payload = payload - 'title' WHERE room_id = $1", broken.id);
    await store.participations.join(broken.id, 1, caller('ann'), null);
    const log = createLog({ service: 'trade', level: 'silent' });
    const relay = createRelay({ store: outbox, deliver: createDeliver({ chat }), clock: systemClock, log, pollMs: 5 });
    relay.start();
    onTestFinished(() => relay.stop());
    const parked = await eventually(async () => {
      expect(await outbox.backlog()).toMatchObject({ depth: 2, parked: 1, rooms: 1 });
      const [item] = await outbox.items(null, 10, true);
      expect(item).toMatchObject({ roomId: broken.id, kind: 'room.open', attempts: 1, parkedAt: expect.any(String) });
      expect(item?.lastError).toContain('not sent, chat would not take it: title');
      return item;
    });
    expect(calls).toMatchObject([['open', { productId: other.id }]]);

    await rows(`UPDATE outbox SET payload = payload || '{"title": "again"}' WHERE id = $1`, parked?.id);
    expect(await outbox.unpark(parked?.id ?? '', 'retry')).toBe(true);
    await eventually(async () => expect((await outbox.backlog()).depth).toBe(0));
    expect(calls.slice(1)).toMatchObject([
      ['open', { productId: broken.id, title: 'again' }],
      ['commit', broken.id, 'ann', { committed: true, nickname: 'ann' }],
    ]);
  });
});

describe('every kind of payload that SQL makes', () => {
  it('is what the route of chat takes, and reaches it as it is', async () => {
    const { id, title, deadline } = await product({ minParticipants: 1, maxParticipants: 3 });
    const later = new Date(Date.parse(deadline) + 60_000);
    const seller = caller('seller');
    await store.participations.join(id, 1, caller('ann'), null);
    await store.participations.join(id, 1, caller('ben'), null);
    await store.participations.withdraw(id, caller('ben'));
    const edit = { title: '새 이름', deadline: later, minParticipants: 2, maxParticipants: 4 };
    await store.products.edit(id, edit, null, seller, false);
    await store.products.edit(id, { title: '또' }, null, seller, false);
    await store.products.end(id, 'CANCELLED', '재고 부족', seller, false);
    const full = await product({ maxParticipants: 1 });
    await store.participations.join(full.id, 1, caller('cho'), null);
    await store.reconcile.heal(id, []);

    const kept = await rows<{ room_id: string; kind: OutboxKind; payload: Record<string, unknown> }>(
      'SELECT room_id, kind, payload FROM outbox WHERE room_id = ANY ($1) ORDER BY id',
      [id, full.id],
    );
    const { chat, calls } = recordingChat();
    const deliver = createDeliver({ chat });
    for (const { room_id, kind, payload } of kept) {
      expect(await deliver({ ...entryOf(kind, payload), roomId: room_id })).toEqual({ kind: 'delivered' });
    }
    expect(calls).toEqual([
      [
        'open',
        {
          productId: id,
          title,
          hostId: 'seller',
          hostNickname: 'seller',
          maxParticipants: 3,
          minParticipants: 1,
          expiresAt: deadline,
        },
      ],
      ['commit', id, 'ann', { committed: true, nickname: 'ann' }],
      ['commit', id, 'ben', { committed: true, nickname: 'ben' }],
      ['commit', id, 'ben', { committed: false }],
      ['patch', id, { title: '새 이름', expiresAt: later.toISOString(), minParticipants: 2, maxParticipants: 4 }],
      ['patch', id, { title: '또' }],
      ['patch', id, { status: 'CANCELLED', reason: '재고 부족' }],
      [
        'say',
        id,
        expect.objectContaining({
          clientMessageId: 'notice.ended',
          content: 'The group buy was cancelled: nobody pays anything',
        }),
      ],
      ['open', expect.objectContaining({ productId: full.id, maxParticipants: 1 })],
      ['commit', full.id, 'cho', { committed: true, nickname: 'cho' }],
      ['patch', full.id, { status: 'CLOSED', reason: 'FULL' }],
      [
        'say',
        full.id,
        {
          clientMessageId: 'notice.ended',
          content: 'The group buy is complete: 1 take part, each pays ₩23,000 for one',
          data: {
            ...{ event: 'notice.ended', status: 'CLOSED', reason: 'FULL', participantCount: 1 },
            price: { amount: 23_000, currency: 'KRW' },
          },
        },
      ],
    ]);
  });

  it('also where the whole state of a product is told again', async () => {
    const { id } = await product();
    await store.participations.join(id, 1, caller('ann'), null);
    await rows('DELETE FROM outbox');
    await rows('DELETE FROM outbox_rooms');
    // A buyer whom chat has and trade has not, and the rest of the product.
    expect(await store.reconcile.heal(id, ['gone'])).toBe(true);
    const healed = await rows<{ kind: OutboxKind; payload: Record<string, unknown> }>(
      'SELECT kind, payload FROM outbox ORDER BY id',
    );
    await rows('UPDATE outbox_rooms SET missing = true, claim = NULL');
    expect(await store.reconcile.resend(id, true)).toBe(true);
    const resent = await rows<{ kind: OutboxKind; payload: Record<string, unknown> }>(
      'SELECT kind, payload FROM outbox ORDER BY id',
    );
    const { chat, calls } = recordingChat();
    const deliver = createDeliver({ chat });
    for (const { kind, payload } of [...healed, ...resent]) {
      expect(await deliver(entryOf(kind, payload))).toEqual({ kind: 'delivered' });
    }
    expect(calls.map(([what]) => what)).toEqual(['commit', 'patch', 'commit', 'open', 'commit']);
  });
});

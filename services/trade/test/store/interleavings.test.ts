import { createLog } from '@gongu/host';
import fc from 'fast-check';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { caller } from '../fixture/people.ts';
import { PRICE, type ProductAct, productAct, productEnd, productTerms, TIERS } from '../fixture/product-acts.ts';
import { productPromises } from '../fixture/product-promises.ts';
import { testStore } from '../fixture/store.ts';

const { url, store: plain, product, rows } = await testStore();

const { checkSnapshot, checkHistory } = productPromises({
  ...{ rows, price: PRICE, tiers: TIERS, roomBuyers },
  summary: async (id) => (await plain.participations.summary(id, 'UTC'))!,
});
/** `kill`: some connections of the instances are ended. */
const command = fc.oneof(
  { weight: 42, arbitrary: productAct },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill' as const) }) },
);
type Command = ProductAct | { type: 'kill' };
const AT_ONCE = 6;

/** Beside it an act has its turn for itself: it ends only what is due. */
const idle: Command = { type: 'expire', user: 'gil' };
const alone = (...acts: Command[]): Command[] => acts.flatMap((act) => [act, ...Array(AT_ONCE - 1).fill(idle)]);
const paid = (user: string, status: 'AUTHORIZED' | 'FAILED'): Command => ({
  ...{ type: 'report', user, status, reference: 'r-1', amount: PRICE },
});
const terms = { payment: 'REQUIRED', waitingList: true, minParticipants: 1 } as const;
/** What chance brings once or twice a run, and so now and then not at all: one who gives up waiting, a capture. */
const EXAMPLES: [typeof terms & { maxParticipants: number }, Command[], ProductAct][] = [
  [
    { ...terms, maxParticipants: 1 },
    [
      ...alone({ type: 'join', user: 'ann' }, { type: 'wait', user: 'ben' }, { type: 'wait', user: 'cho' }),
      ...alone({ type: 'unwait', user: 'ben' }, paid('ann', 'AUTHORIZED')),
      ...[idle, idle],
    ],
    { type: 'end', status: 'CLOSED' },
  ],
  [
    { ...terms, maxParticipants: 2 },
    [
      ...alone({ type: 'join', user: 'ann' }, paid('ann', 'AUTHORIZED'), { type: 'join', user: 'ben' }),
      ...alone({ type: 'wait', user: 'cho' }, { type: 'withdraw', user: 'ben' }, { type: 'due', user: 'cho' }, idle),
      ...alone({ type: 'edit', max: 5 }, { type: 'join', user: 'dan' }, { type: 'quantity', user: 'dan', quantity: 2 }),
      ...alone(paid('dan', 'FAILED')),
      ...[idle, idle],
    ],
    { type: 'end', status: 'CANCELLED' },
  ],
];

it('whatever is done by many at once on two instances, some of which lose their connections, what is promised holds', async () => {
  const log = createLog({ service: 'trade', level: 'silent' });
  const instances = [0, 1].map(() => openStore({ url, max: 4, log, onCommit: () => {} }));
  const outside = new pg.Pool({ connectionString: url, max: 3 });
  onTestFinished(async () => {
    await outside.end();
    await Promise.all(instances.map((store) => store.close()));
  });

  async function perform(store: (typeof instances)[number], id: string, asked: Command): Promise<unknown> {
    switch (asked.type) {
      case 'join':
        return store.participations.join(id, 1, caller(asked.user), null);
      case 'withdraw':
        return store.participations.withdraw(id, caller(asked.user));
      case 'quantity':
        return store.participations.changeQuantity(id, asked.quantity, caller(asked.user));
      case 'wait':
        return store.waiting.join(id, 2, caller(asked.user));
      case 'unwait':
        return store.waiting.leave(id, caller(asked.user));
      case 'report': {
        const { status, reference, amount } = asked;
        return store.participations.reportPayment(id, asked.user, { status, reference, amount }, {});
      }
      case 'due':
        return outside.query(
          'UPDATE trade.participations SET payment_due_at = clock_timestamp() WHERE product_id = $1 AND user_id = $2 AND NOT committed',
          [id, asked.user],
        );
      case 'expire':
        return store.due.expirePayments(100);
      case 'edit':
        return store.products.edit(id, { maxParticipants: asked.max }, null, caller('seller'), false);
      case 'end':
        return store.products.end(id, asked.status, null, caller('seller'), false);
      case 'deadline':
        return outside.query(
          `UPDATE trade.products SET deadline = clock_timestamp() WHERE id = $1 AND status = 'RECRUITING'`,
          [id],
        );
      case 'kill':
        return outside.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'gongu trade' AND pid % 2 = 0`,
        );
    }
  }

  await fc.assert(
    fc.asyncProperty(
      productTerms,
      fc.array(command, { minLength: 20, maxLength: 60 }),
      productEnd,
      async (given, asked, last) => {
        const minParticipants = Math.min(given.minParticipants, given.maxParticipants);
        const price = { amount: PRICE, currency: 'KRW' };
        const { id } = await product({ ...given, minParticipants, price, priceTiers: TIERS }, 'seller');
        let done = false;
        const watching = (async () => {
          for (; !done; ) await checkSnapshot(id);
        })();
        const commands = [...asked.slice(0, -2), last, ...asked.slice(-2)];
        for (let from = 0; from < commands.length; from += AT_ONCE) {
          const chunk = commands.slice(from, from + AT_ONCE);
          const answers = await Promise.allSettled(chunk.map((one, i) => perform(instances[i % 2]!, id, one)));
          // A call whose connection was ended says so; what it did, or not, the rows tell.
          for (const answer of answers) {
            if (answer.status === 'rejected') expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(answer.reason.code);
          }
        }
        done = true;
        await watching;
        await checkHistory(id);
      },
    ),
    { numRuns: 40, examples: EXAMPLES },
  );
  // Else the above has promised nothing.
  const seen = await rows<{ event: string }>('SELECT DISTINCT event FROM audit ORDER BY event');
  expect(seen.map(({ event }) => event)).toEqual(
    expect.arrayContaining([
      ...[
        'buyer.changed',
        'buyer.committed',
        'buyer.expired',
        'buyer.withdrawn',
        'payment.authorized',
        'payment.capture',
      ],
      ...[
        'payment.failed',
        'payment.release',
        'product.cancelled',
        'product.closed',
        'waiting.ended',
        'waiting.joined',
      ],
      ...['waiting.left', 'waiting.promoted', 'product.edited'],
    ]),
  );
}, 180_000);

/** As chat will have it when it was told all. */
async function roomBuyers(id: string): Promise<string[]> {
  const room = new Set<string>();
  const told = await rows<{ kind: string; payload: { userId: string } }>(
    'SELECT kind, payload FROM outbox WHERE room_id = $1 ORDER BY id',
    id,
  );
  for (const { kind, payload } of told) {
    if (kind === 'buyer.committed') room.add(payload.userId);
    if (kind === 'buyer.withdrawn') expect(room.delete(payload.userId)).toBe(true);
  }
  return [...room].sort();
}

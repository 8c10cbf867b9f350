import { type Person, type Pool, written } from '@gongu/host';
import { AppError, type Erasure } from '@gongu/shared';
import type { AddressStore } from '../product/ports/address-store.ts';
import type { Position } from '../product/ports/page.ts';
import type { ParticipationStore } from '../product/ports/participation-store.ts';
import type { ProductStore } from '../product/ports/product-store.ts';
import type { OriginOf } from './change-call.ts';
import { isoOf } from './product-row.ts';

export interface PersonStoreOptions {
  pool: Pool;
  participations: Pick<ParticipationStore, 'purchases'>;
  products: Pick<ProductStore, 'list'>;
  /** Null: there are no keys for them. */
  addresses: Pick<AddressStore, 'find'> | null;
  origin: OriginOf;
  onCommit: () => void;
}

/** What there is of a person, by its kind. */
export type PersonAmount = Readonly<Record<string, number>>;

/** See {@link Person}; with `preview` and the portions of erasures. */
export interface PersonStore extends Person {
  /** What an erasure would be about. @throws AppError CONFLICT as `erase` */
  preview(userId: string): Promise<PersonAmount>;
  /** One portion of the oldest erasure that can go on; null: there is none. */
  eraseSome(): Promise<Erasure | null>;
  /** Up to `limit` rows of the audit of an earlier version get numbers in place of names. Says how many. */
  numberActors(limit: number): Promise<number>;
}

interface WaitingRow {
  id: string;
  product_id: string;
  quantity: number;
  created_at: Date;
}

interface EndedPaymentRow {
  id: string;
  product_id: string;
  quantity: number;
  joined_at: Date;
  payment_status: string;
  payment_reference: string | null;
  payment_amount: string | null;
  cause: string;
  ended_at: Date;
}

interface PictureRow {
  id: string;
  created_at: Date;
  product_id: string | null;
  bytes: string;
}

interface ActRow {
  id: string;
  at: Date;
  product_id: string;
  event: string;
  note: string | null;
  data: unknown;
}

interface ModerationRow {
  id: string;
  act: string;
  product_id: string | null;
  at: Date;
}

const PAGE = 200;
const PORTION = 500;
/** Seconds after which an erasure that waits is looked at again. */
const RETRY_S = 60;

/** What trade knows of people, and how it forgets them. */
export function createPersonStore(options: PersonStoreOptions): PersonStore {
  const { pool, participations, products, addresses, origin, onCommit } = options;

  async function request(userId: string, byUserId: string | null, isDry: boolean) {
    const { rows } = await written(
      () =>
        pool.query<{ outcome: string; erasure: Erasure | null; amount: PersonAmount }>(
          'SELECT outcome, erasure, amount FROM trade.request_erasure($1, $2, $3)',
          [userId, byUserId, isDry],
        ),
      { idempotent: true },
    );
    const { outcome, erasure, amount } = rows[0]!;
    if (outcome === 'held') {
      throw new AppError('CONFLICT', { detail: 'The user is held for a legal reason: nothing of him is erased' });
    }
    if (outcome === 'selling') {
      const detail = `Products of the user recruit (${amount.openProducts}): close or cancel them first`;
      throw new AppError('CONFLICT', { detail });
    }
    return { erasure, amount };
  }

  async function* purchasesOf(userId: string) {
    for (let after: Position | null = null; ; ) {
      const rows = await participations.purchases(userId, { limit: PAGE, after });
      for (const purchase of rows.slice(0, PAGE)) {
        yield { record: 'purchase', ...purchase };
        const address = await addressOf(purchase.productId, userId);
        if (address !== null) yield { record: 'address', productId: purchase.productId, ...address };
      }
      const last = rows[PAGE - 1];
      if (rows.length <= PAGE || !last) return;
      after = { at: last.joinedAt, id: last.productId };
    }
  }

  /** One that can't be opened keeps nobody from the rest. */
  async function addressOf(productId: string, userId: string): Promise<object | null> {
    if (addresses === null) {
      const text = 'SELECT FROM trade.addresses a WHERE a.product_id = $1 AND a.user_id = $2';
      const { rowCount } = await pool.query(text, [productId, userId]);
      return rowCount === 0 ? null : { error: 'ADDRESS_KEYS is not set' };
    }
    try {
      return await addresses.find(productId, userId);
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAVAILABLE') return { error: error.detail };
      throw error;
    }
  }

  async function* productsOf(sellerId: string) {
    for (let after: Position | null = null; ; ) {
      const { rows, stop } = await products.list({ sellerId, sort: '-createdAt' }, { limit: PAGE, after });
      for (const product of rows.slice(0, PAGE)) yield { record: 'product', ...product };
      const last = rows[PAGE - 1];
      if (rows.length > PAGE && last) after = { at: last.createdAt, id: last.id };
      else if (stop === null) return;
      else after = stop;
    }
  }

  /** Rows of a statement with $1 the user, $2 the `id` of the last row before, $3 how many. `first`: below all ids. */
  async function* rowsOf<Row extends { id: string }>(text: string, userId: string, first: string) {
    for (let after = first; ; ) {
      const { rows } = await pool.query<Row>(text, [userId, after, PAGE]);
      yield* rows;
      const last = rows.at(-1);
      if (rows.length < PAGE || !last) return;
      after = last.id;
    }
  }

  async function* waitingOf(userId: string) {
    const text = `SELECT w.id, w.product_id, w.quantity, w.created_at FROM trade.waiting w
      WHERE w.user_id = $1 AND w.id > $2 ORDER BY w.id LIMIT $3`;
    for await (const row of rowsOf<WaitingRow>(text, userId, '0')) {
      yield { record: 'waiting', productId: row.product_id, quantity: row.quantity, at: isoOf(row.created_at) };
    }
  }

  /** Those of his purchases stand there. */
  async function* paymentsOf(userId: string) {
    const text = `SELECT k.id, k.product_id, k.quantity, k.joined_at, k.payment_status, k.payment_reference, k.payment_amount,
        k.cause, k.ended_at FROM trade.ended_payments k
      WHERE k.user_id = $1 AND k.id > $2 ORDER BY k.id LIMIT $3`;
    for await (const row of rowsOf<EndedPaymentRow>(text, userId, '0')) {
      yield {
        ...{ record: 'payment', productId: row.product_id, quantity: row.quantity, joinedAt: isoOf(row.joined_at) },
        ...{
          status: row.payment_status,
          reference: row.payment_reference,
          cause: row.cause,
          endedAt: isoOf(row.ended_at),
        },
        amount: row.payment_amount === null ? null : Number(row.payment_amount),
      };
    }
  }

  async function* picturesOf(userId: string) {
    const text = `SELECT p.id, p.created_at, p.product_id, p.bytes FROM trade.pictures p
      WHERE p.user_id = $1 AND p.id > $2 AND p.type IS NOT NULL AND NOT p.gone ORDER BY p.id LIMIT $3`;
    for await (const row of rowsOf<PictureRow>(text, userId, '00000000-0000-0000-0000-000000000000')) {
      const { id, created_at, product_id, bytes } = row;
      yield { record: 'picture', id, at: isoOf(created_at), productId: product_id, bytes: Number(bytes) };
    }
  }

  async function* actsOf(userId: string) {
    const text = `SELECT a.id, a.at, a.product_id, a.event, a.note, a.data FROM trade.audit a
      WHERE a.person = (SELECT p.number FROM trade.people p WHERE p.user_id = $1) AND a.id > $2
      ORDER BY a.id LIMIT $3`;
    for await (const { at, product_id, event, note, data } of rowsOf<ActRow>(text, userId, '0')) {
      yield { record: 'act', at: isoOf(at), productId: product_id, event, note, data };
    }
  }

  /** Whom it was about is that one's. */
  async function* moderationsBy(userId: string) {
    const text = `SELECT t.id, t.act, t.product_id, t.at FROM trade.moderations t
      WHERE t.by_user_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3`;
    for await (const { act, product_id, at } of rowsOf<ModerationRow>(text, userId, '0')) {
      yield { record: 'moderation', act, productId: product_id, at: isoOf(at) };
    }
  }

  return {
    async *export(userId) {
      yield { record: 'user', service: 'trade', userId };
      yield* purchasesOf(userId);
      yield* paymentsOf(userId);
      yield* waitingOf(userId);
      yield* productsOf(userId);
      yield* picturesOf(userId);
      yield* actsOf(userId);
      yield* moderationsBy(userId);
      const { rows } = await pool.query<{ blocked: boolean; until: Date | null; reason: string | null }>(
        'SELECT blocked, until, reason FROM trade.bars WHERE user_id = $1',
        [userId],
      );
      for (const { blocked, until, reason } of rows) {
        yield { record: 'bar', blocked, until: until && isoOf(until), reason };
      }
    },

    async noteExport(userId, byUserId) {
      // Nobody's id comes back who was erased.
      await written(() =>
        pool.query(
          `SELECT trade.note_moderation('user.exported', NULL, CASE WHEN NOT EXISTS (
             SELECT FROM trade.bars b WHERE b.erased AND b.user_id = trade.mark_of($1)) THEN $1 END, $2, '{}')`,
          [userId, byUserId],
        ),
      );
    },

    async erase(userId, byUserId) {
      return (await request(userId, byUserId, false)).erasure!;
    },

    async erasure(id) {
      const { rows } = await pool.query<{ erasure: Erasure }>(
        'SELECT trade.erasure_json(e) AS erasure FROM trade.erasures e WHERE e.id = $1',
        [id],
      );
      return rows[0]?.erasure ?? null;
    },

    preview: async (userId) => (await request(userId, null, true)).amount,

    async eraseSome() {
      const { rows } = await written(() =>
        pool.query<{ erasure: Erasure | null }>('SELECT trade.erase_portion($1, $2, $3) AS erasure', [
          ...[PORTION, RETRY_S, origin({})],
        ]),
      );
      const { erasure } = rows[0]!;
      // A purchase that was withdrawn is told to chat.
      if (erasure !== null) onCommit();
      return erasure;
    },

    async numberActors(limit) {
      const { rows } = await written(
        () => pool.query<{ done: number }>('SELECT trade.number_actors($1) AS done', [limit]),
        { idempotent: true },
      );
      return rows[0]!.done;
    },
  };
}

import { fingerprintOf, type Pool, type SealingKey, seal, unseal, written } from '@gongu/host';
import { type Address, type AddressedBuyer, AppError, type OwnAddress } from '@gongu/shared';
import type { AddressStore } from '../product/ports/address-store.ts';
import { boundTo, wrongKey } from './address-keys.ts';
import type { OriginOf } from './change-call.ts';
import { fromSql, isoOf, type ParticipationRow, type ProductRow, toParticipation, toProduct } from './product-row.ts';

export interface AddressStoreOptions {
  pool: Pool;
  /** At least one; the first seals. */
  keys: readonly SealingKey[];
  origin: OriginOf;
}

type BuyerRow = ParticipationRow & {
  nickname: string;
  tag: string | null;
  keyId: string | null;
  sealed: string | null;
};

/** See {@link AddressStore}. */
export function createAddressStore({ pool, keys, origin }: AddressStoreOptions): AddressStore {
  const first = keys[0]!;
  const ids = keys.map(({ id }) => id);

  function open(keyId: string, sealed: Uint8Array, productId: string, userId: string): string {
    const key = keys.find(({ id }) => id === keyId);
    if (!key) throw unknownKey();
    return unseal(key, sealed, boundTo(productId, userId)) ?? fail(wrongKey());
  }

  return {
    async save(productId, address, { user, trace }) {
      const sealed = seal(first, JSON.stringify(address), boundTo(productId, user.userId));
      const { rows } = await written(
        () =>
          pool.query({
            name: 'save_address',
            text: 'SELECT outcome, product, written_at FROM trade.save_address($1, $2, $3, $4, $5, $6, $7)',
            values: [productId, user.userId, first.id, fingerprintOf(first), ids, sealed, origin(trace)],
          }),
        { idempotent: true },
      );
      const { outcome, product, written_at } = rows[0]!;
      if (outcome === 'wrong_key') throw wrongKey();
      if (outcome === 'unknown_key') throw unknownKey();
      return outcome === 'ok'
        ? { outcome, updatedAt: isoOf(written_at) }
        : { outcome, product: product && toProduct(fromSql(product)) };
    },

    async find(productId, userId) {
      const { rows } = await pool.query<{
        key_id: string;
        sealed: Buffer;
        updated_at: Date;
        read_by: { userId: string; at: string }[];
      }>({
        name: 'find_address',
        text: `SELECT a.key_id, a.sealed, a.updated_at,
            (SELECT coalesce(jsonb_agg(jsonb_build_object('userId', r.reader_id, 'at', trade.iso(r.at)) ORDER BY r.at), '[]')
             FROM trade.address_reads r WHERE r.product_id = a.product_id AND r.user_id = a.user_id) AS read_by
          FROM trade.addresses a WHERE a.product_id = $1 AND a.user_id = $2`,
        values: [productId, userId],
      });
      const row = rows[0];
      if (!row) return null;
      const address = JSON.parse(open(row.key_id, row.sealed, productId, userId)) as Address;
      return { ...address, updatedAt: isoOf(row.updated_at), readBy: row.read_by } satisfies OwnAddress;
    },

    async read(productId, { limit, after }, { user, trace }, admin, format) {
      const { rows } = await written(
        () =>
          pool.query({
            name: 'read_addresses',
            text: 'SELECT outcome, product, rows FROM trade.read_addresses($1, $2, $3, $4, $5, $6, $7, $8, $9)',
            values: [
              ...[productId, user.userId, admin, after?.at ?? null, after?.id ?? null, limit, ids],
              ...[format, origin(trace)],
            ],
          }),
        // Another row of the audit says what is true: it was read again.
        { idempotent: true },
      );
      const { outcome, product, rows: buyers } = rows[0]!;
      if (outcome === 'unknown_key') throw unknownKey();
      if (outcome !== 'ok') return { outcome, product: product && toProduct(fromSql(product)) };
      const priced = fromSql<ProductRow>(product);
      const all = (buyers as object[]).map((row) => toBuyer(fromSql<BuyerRow>(row), priced));
      const damaged = all.flatMap(({ keyId, buyer }) => (buyer.unreadable ? [keyId!] : []));
      if (damaged.length > 0) await requireMarks([...new Set(damaged)]);
      return { outcome, buyers: all.map(({ buyer }) => buyer) };
    },
  };

  /** `unreadable` where the key did not seal it so: it is another key, or the row was damaged. */
  function toBuyer(row: BuyerRow, product: ProductRow): { keyId: string | null; buyer: AddressedBuyer } {
    const { productId, userId, nickname, tag, keyId, sealed } = row;
    const given = keyId !== null && sealed !== null;
    const key = given ? (keys.find(({ id }) => id === keyId) ?? fail(unknownKey())) : null;
    const text = key && unseal(key, Buffer.from(sealed!, 'base64'), boundTo(productId, userId));
    const address = text === null ? null : (JSON.parse(text) as Address);
    const damaged = given && text === null ? ({ unreadable: true } as const) : {};
    return { keyId, buyer: { ...toParticipation(row, product), nickname, tag, address, ...damaged } };
  }

  /** One row that was damaged keeps nobody from the others; another key does. @throws AppError UNAVAILABLE */
  async function requireMarks(keyIds: readonly string[]): Promise<void> {
    const { rows } = await pool.query<{ id: string; fingerprint: string }>(
      'SELECT id, fingerprint FROM trade.address_keys WHERE id = ANY ($1::text[])',
      [keyIds],
    );
    const marks = new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
    const isOther = ({ id }: SealingKey) => marks.get(id) !== fingerprintOf(keys.find((key) => key.id === id)!);
    if (keys.some((key) => keyIds.includes(key.id) && isOther(key))) throw wrongKey();
  }
}

function fail(error: Error): never {
  throw error;
}

/** What is thrown names no address and no buyer. */
function unknownKey(): AppError {
  return new AppError('UNAVAILABLE', { detail: 'ADDRESS_KEYS lacks a key that addresses here were sealed by' });
}

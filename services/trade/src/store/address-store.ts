import { fingerprintOf, type Pool, type SealingKey, seal, unseal, written } from '@gongu/host';
import { type Address, type AddressedBuyer, AppError, type OwnAddress } from '@gongu/shared';
import type { AddressStore } from '../product/ports/address-store.ts';
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

/** See {@link AddressStore}, and what changes the keys. */
export function createAddressStore({ pool, keys, origin }: AddressStoreOptions): AddressStore & AddressKeyStore {
  const first = keys[0]!;
  const ids = keys.map(({ id }) => id);
  const boundTo = (productId: string, userId: string) => ['address', productId, userId];

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
      return { outcome, buyers: (buyers as object[]).map((row) => toBuyer(fromSql<BuyerRow>(row), priced)) };
    },

    async unknownKeys() {
      const { rows } = await pool.query<{ id: string; fingerprint: string | null }>(
        `SELECT used.id, k.fingerprint FROM (
           WITH RECURSIVE used AS (
             (SELECT a.key_id AS id FROM trade.addresses a ORDER BY a.key_id LIMIT 1)
             UNION ALL
             SELECT (SELECT a.key_id FROM trade.addresses a WHERE a.key_id > used.id ORDER BY a.key_id LIMIT 1)
             FROM used WHERE used.id IS NOT NULL
           ) SELECT id FROM used WHERE id IS NOT NULL) used
         LEFT JOIN trade.address_keys k ON k.id = used.id`,
      );
      return rows
        .filter(({ id, fingerprint }) => {
          const key = keys.find((one) => one.id === id);
          return !key || (fingerprint !== null && fingerprint !== fingerprintOf(key));
        })
        .map(({ id }) => id);
    },

    async reseal(limit) {
      const { rows } = await pool.query<{ product_id: string; user_id: string; key_id: string; sealed: Buffer }>(
        `SELECT product_id, user_id, key_id, sealed FROM trade.addresses
         WHERE key_id < $1 OR key_id > $1 ORDER BY key_id, product_id, user_id LIMIT $2`,
        [first.id, limit],
      );
      if (rows.length === 0) return 0;
      const anew = rows.map(({ product_id, user_id, key_id, sealed }) =>
        seal(first, open(key_id, sealed, product_id, user_id), boundTo(product_id, user_id)),
      );
      // One that was changed meanwhile is sealed by the first key already, or has its turn again.
      const { rows: known } = await written(
        () =>
          pool.query(
            `WITH mark AS (
               INSERT INTO trade.address_keys (id, fingerprint) VALUES ($1, $2)
               ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING fingerprint
             ), moved AS (
               UPDATE trade.addresses a SET key_id = $1, sealed = t.anew
               FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[]) AS t (product, buyer, before, anew)
               WHERE a.product_id = t.product AND a.user_id = t.buyer AND a.sealed = t.before
                 AND (SELECT mark.fingerprint FROM mark) = $2
             ) SELECT fingerprint FROM mark`,
            [
              ...[first.id, fingerprintOf(first), rows.map((row) => row.product_id), rows.map((row) => row.user_id)],
              ...[rows.map((row) => row.sealed), anew],
            ],
          ),
        { idempotent: true },
      );
      if (known[0]!.fingerprint !== fingerprintOf(first)) throw wrongKey();
      return rows.length;
    },

    async countOthers() {
      const { rows } = await pool.query<{ others: number }>(
        'SELECT count(*)::int AS others FROM trade.addresses WHERE key_id <> $1',
        [first.id],
      );
      return rows[0]!.others;
    },

    async noteRotated(sealed, byUserId) {
      await written(() =>
        pool.query(
          `SELECT trade.note_moderation('addresses.rotated', NULL, NULL, $2, jsonb_build_object('sealed', $1::int))`,
          [sealed, byUserId],
        ),
      );
    },
  };

  function toBuyer(row: BuyerRow, product: ProductRow): AddressedBuyer {
    const { productId, userId, nickname, tag, keyId, sealed } = row;
    const address =
      keyId === null || sealed === null
        ? null
        : (JSON.parse(open(keyId, Buffer.from(sealed, 'base64'), productId, userId)) as Address);
    return { ...toParticipation(row, product), nickname, tag, address };
  }
}

/** The keys behind the addresses. */
export interface AddressKeyStore {
  /** Ids of keys that sealed addresses and are not there, or are others under the same id. */
  unknownKeys(): Promise<readonly string[]>;
  /** Seals up to `limit` addresses of other keys by the first one. Says how many were looked at; 0: none is left. */
  reseal(limit: number): Promise<number>;
  /** How many addresses other keys than the first one sealed. */
  countOthers(): Promise<number>;
  /** A row of the audit of moderation: so many were sealed anew. `byUserId` null: the service. */
  noteRotated(sealed: number, byUserId: string | null): Promise<void>;
}

function fail(error: Error): never {
  throw error;
}

/** What is thrown names no address and no buyer. */
function unknownKey(): AppError {
  return new AppError('UNAVAILABLE', { detail: 'ADDRESS_KEYS lacks a key that addresses here were sealed by' });
}

function wrongKey(): AppError {
  return new AppError('UNAVAILABLE', {
    detail: 'ADDRESS_KEYS has another key under an id that addresses were sealed by',
  });
}

import { fingerprintOf, type Pool, type SealingKey, seal, unseal, written } from '@gongu/host';
import { AppError } from '@gongu/shared';

/** What an address is bound to: sealed for one purchase it opens for no other. */
export function boundTo(productId: string, userId: string): readonly string[] {
  return ['address', productId, userId];
}

/** The keys behind the addresses, `ADDRESS_KEYS`; the first seals. */
export interface AddressKeyStore {
  /** Ids of keys that sealed addresses and are not there, or are others under the same id. */
  unknownKeys(): Promise<readonly string[]>;
  /** Whether the first one is another than the one that had its id before. */
  isFirstOther(): Promise<boolean>;
  /**
   * Seals up to `limit` addresses of other keys by the first one. With a row of audit, in one transaction: whoever is killed has left
   * a row of each portion that he did.
   *
   * @param after the last one of the portion before; null: from the beginning
   * @throws AppError UNAVAILABLE: the first key is another than the one that had its id before; UNKNOWN_OUTCOME
   */
  resealPortion(after: AddressPlace | null, limit: number, how?: Reseal): Promise<ResealedPortion>;
}

export interface Reseal {
  /** For the audit. Default null: the service. */
  readonly byUserId?: string | null;
  /** Says how many it would be, and changes nothing. Default false. */
  readonly isDry?: boolean;
}

export interface AddressPlace {
  readonly keyId: string;
  readonly productId: string;
  readonly userId: string;
}

export interface ResealedPortion {
  readonly sealed: number;
  /** Changed meanwhile: the first key has sealed them, or they have their turn again. */
  readonly changed: number;
  /** Ids of keys of those that could not be opened, and are what they were: one for each of them. */
  readonly unopened: readonly { readonly keyId: string; readonly why: 'unknown' | 'wrong' }[];
  /** Null: there are no more. */
  readonly last: AddressPlace | null;
}

const USED_SQL = `SELECT used.id, k.fingerprint FROM (
   WITH RECURSIVE used AS (
     (SELECT a.key_id AS id FROM trade.addresses a ORDER BY a.key_id LIMIT 1)
     UNION ALL
     SELECT (SELECT a.key_id FROM trade.addresses a WHERE a.key_id > used.id ORDER BY a.key_id LIMIT 1)
     FROM used WHERE used.id IS NOT NULL
   ) SELECT id FROM used WHERE id IS NOT NULL) used
 LEFT JOIN trade.address_keys k ON k.id = used.id`;
const OTHERS_SQL = `SELECT key_id AS "keyId", product_id AS "productId", user_id AS "userId", sealed FROM trade.addresses
  WHERE (key_id < $1 OR key_id > $1) AND (key_id, product_id, user_id) > ($2, $3, $4)
  ORDER BY key_id, product_id, user_id LIMIT $5`;

/** @param keys may be none: then there is nothing to seal by */
export function createAddressKeyStore({
  pool,
  keys,
}: {
  readonly pool: Pool;
  readonly keys: readonly SealingKey[];
}): AddressKeyStore {
  return {
    async unknownKeys() {
      const { rows } = await pool.query<{ id: string; fingerprint: string | null }>(USED_SQL);
      return rows
        .filter(({ id, fingerprint }) => {
          const key = keys.find((one) => one.id === id);
          return !key || (fingerprint !== null && fingerprint !== fingerprintOf(key));
        })
        .map(({ id }) => id);
    },

    async isFirstOther() {
      const first = keys[0]!;
      const { rows } = await pool.query<{ fingerprint: string }>(
        'SELECT fingerprint FROM trade.address_keys WHERE id = $1',
        [first.id],
      );
      return rows.length > 0 && rows[0]!.fingerprint !== fingerprintOf(first);
    },

    async resealPortion(after, limit, { byUserId = null, isDry = false } = {}) {
      const first = keys[0]!;
      const { keyId = '', productId = '', userId = '' } = after ?? {};
      const { rows } = await pool.query<AddressPlace & { sealed: Buffer }>(OTHERS_SQL, [
        ...[first.id, keyId, productId, userId, limit],
      ]);
      const last = rows.length < limit ? null : rows.at(-1)!;
      const all = rows.map((row) => {
        const key = keys.find(({ id }) => id === row.keyId);
        const text = key ? unseal(key, row.sealed, boundTo(row.productId, row.userId)) : null;
        return { row, text, why: key ? ('wrong' as const) : ('unknown' as const) };
      });
      const unopened = all.flatMap(({ row, text, why }) => (text === null ? [{ keyId: row.keyId, why }] : []));
      const anew = all.flatMap(({ row, text }) =>
        text === null ? [] : [{ ...row, anew: seal(first, text, boundTo(row.productId, row.userId)) }],
      );
      if (isDry || anew.length === 0) return { sealed: anew.length, changed: 0, unopened, last };
      const { rows: done } = await written(
        () =>
          pool.query<{ fingerprint: string; sealed: number }>(
            `WITH mark AS (
    INSERT INTO trade.address_keys (id, fingerprint) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING fingerprint
  ), moved AS (
    UPDATE trade.addresses a SET key_id = $1, sealed = t.anew
    FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[]) AS t (product, buyer, before, anew)
    WHERE a.product_id = t.product AND a.user_id = t.buyer AND a.sealed = t.before
      AND (SELECT mark.fingerprint FROM mark) = $2
    RETURNING a.product_id
  ), done AS (SELECT count(*)::int AS sealed FROM moved)
  SELECT fingerprint, sealed, CASE WHEN sealed > 0 THEN trade.note_moderation('addresses.rotated', NULL, NULL, $7,
    jsonb_build_object('to', $1::text, 'sealed', sealed, 'unopened', $8::int)) END FROM mark, done`,
            [
              ...[first.id, fingerprintOf(first), anew.map((row) => row.productId), anew.map((row) => row.userId)],
              ...[anew.map((row) => row.sealed), anew.map((row) => row.anew), byUserId, unopened.length],
            ],
          ),
        { idempotent: true },
      );
      const { fingerprint, sealed } = done[0]!;
      if (fingerprint !== fingerprintOf(first)) throw wrongKey();
      return { sealed, changed: anew.length - sealed, unopened, last };
    },
  };
}

/** What is thrown names no address and no buyer. */
export function wrongKey(): AppError {
  return new AppError('UNAVAILABLE', {
    detail: 'ADDRESS_KEYS has another key under an id that addresses were sealed by',
  });
}

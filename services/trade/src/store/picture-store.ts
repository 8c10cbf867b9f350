import { type Pool, written } from '@gongu/host';
import { type Picture, shownPicture } from '@gongu/shared';
import type { PictureStore } from '../product/ports/picture-store.ts';

type Row = Parameters<typeof shownPicture>[0];

/** See {@link PictureStore}. */
export function createPictureStore({ pool }: { pool: Pool }): PictureStore {
  return {
    async begin({ id, userId, digest, bytes }, perHour, userBytes) {
      const { rows } = await written(
        () =>
          pool.query<{ outcome: 'begun' | 'kept' | 'taken' | 'too_many' | 'too_large'; picture: Row; amount: string }>(
            'SELECT outcome, picture, amount FROM trade.begin_picture($1, $2, $3, $4, $5, $6)',
            [id, userId, digest, bytes, perHour, userBytes],
          ),
        { idempotent: true },
      );
      const { outcome, picture, amount } = rows[0]!;
      if (outcome === 'kept') return { outcome, picture: shownPicture(picture) };
      if (outcome === 'too_many' || outcome === 'too_large') return { outcome, amount: Number(amount) };
      return { outcome };
    },

    async keep(id, { type, bytes, width, height }): Promise<Picture | null> {
      const { rows } = await written(
        () =>
          pool.query<{ picture: Row }>(
            `UPDATE trade.pictures p SET type = $2, width = $3, height = $4, bytes = $5
             WHERE p.id = $1 AND NOT p.gone RETURNING trade.picture_json(p) AS picture`,
            [id, type, width, height, bytes.length],
          ),
        { idempotent: true },
      );
      return rows[0] ? shownPicture(rows[0].picture) : null;
    },

    async refuse(id) {
      await written(() => pool.query('DELETE FROM trade.pictures WHERE id = $1 AND type IS NULL', [id]), {
        idempotent: true,
      });
    },

    async loose(limit) {
      // What is gone stays so until its bytes are removed: whoever is killed meanwhile has it done again.
      const { rows } = await written(
        () =>
          pool.query<{ id: string }>(
            `UPDATE trade.pictures SET gone = true WHERE id IN (
               SELECT p.id FROM trade.pictures p
               WHERE p.product_id IS NULL AND (p.gone OR p.loose_since < clock_timestamp() - interval '1 day')
               LIMIT $1 FOR UPDATE SKIP LOCKED)
             RETURNING id`,
            [limit],
          ),
        { idempotent: true },
      );
      return rows.map(({ id }) => id);
    },

    async removed(ids) {
      await written(() => pool.query('DELETE FROM trade.pictures WHERE id = ANY ($1::uuid[]) AND gone', [ids]), {
        idempotent: true,
      });
    },
  };
}

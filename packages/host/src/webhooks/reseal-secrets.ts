import type { Pool } from '../postgres/pool.ts';
import { written } from '../postgres/written.ts';

/** A secret of a webhook as it is to be stored; null: it can't be opened. */
export type Anew = (sealed: string, webhookId: string) => string | null;

export interface Resealed {
  /** Webhooks of which something changed. */
  readonly sealed: number;
  /** Ids of those of which something can't be opened. */
  readonly lost: readonly string[];
}

/**
 * Puts each secret of a service's webhooks in the place of itself as `anew` has it; what can't be opened stays as it is. Leaves an
 * act for the audit where something changed.
 */
export async function resealSecrets(
  { pool, schema }: { readonly pool: Pool; readonly schema: string },
  anew: Anew,
  byUserId: string | null,
): Promise<Resealed> {
  const { rows } = await pool.query<{ id: string; secret: string; old_secret: string | null }>(
    `SELECT h.id, h.secret, h.old_secret FROM ${schema}.webhooks h ORDER BY h.id`,
  );
  let sealed = 0;
  const lost: string[] = [];
  for (const { id, secret, old_secret } of rows) {
    const all = [secret, ...(old_secret?.split(' ') ?? [])];
    const next = all.map((one) => anew(one, id));
    if (next.includes(null)) lost.push(id);
    const [first, ...others] = next.map((one, i) => one ?? all[i]!);
    if (first === secret && others.join(' ') === (old_secret ?? '')) continue;
    // One that was rotated meanwhile is sealed by whoever did it.
    const { rowCount } = await written(() =>
      pool.query(
        `UPDATE ${schema}.webhooks h SET secret = $2, old_secret = nullif($3, '')
         WHERE h.id = $1 AND h.secret = $4 AND h.old_secret IS NOT DISTINCT FROM $5`,
        [id, first, others.join(' '), secret, old_secret],
      ),
    );
    sealed += rowCount ?? 0;
  }
  if (sealed > 0) {
    await written(() =>
      pool.query(`SELECT ${schema}.note_moderation('webhooks.resealed', NULL, NULL, $1, $2)`, [byUserId, { sealed }]),
    );
  }
  return { sealed, lost };
}

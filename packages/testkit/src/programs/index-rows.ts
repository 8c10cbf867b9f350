import pg from 'pg';

/** Bytes that a row of a B-tree may have; PostgreSQL refuses a longer one when it is written. */
export const INDEX_ROW_BYTES = 2_704;

/** Of the row itself, with a bitmap of nulls. */
const HEAD_BYTES = 16;
/** Of a value whose length is not fixed, and what may be skipped for alignment. */
const VALUE_BYTES = 4 + 8;

/**
 * The largest row that each index of a schema can get, by its name. Nothing is taken off for compression.
 *
 * @param most bytes that a column of any length can have, by its name
 * @throws Error where a column is in an index and not in `most`
 */
export async function largestIndexRows(
  url: string,
  schema: string,
  most: Readonly<Record<string, number>>,
): Promise<Map<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ index: string; column: string; bytes: number }>(
      `SELECT c.relname AS index, a.attname AS column, a.attlen AS bytes
       FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE n.nspname = $1`,
      [schema],
    );
    const largest = new Map<string, number>();
    for (const { index, column, bytes } of rows) {
      const value = bytes > 0 ? bytes : most[column];
      if (value === undefined) throw new Error(`how long may ${column} of ${index} be?`);
      largest.set(index, (largest.get(index) ?? HEAD_BYTES) + value + VALUE_BYTES);
    }
    return largest;
  } finally {
    await client.end();
  }
}

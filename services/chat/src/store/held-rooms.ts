import type { Pool } from 'pg';

// SKIP LOCKED waits for nobody; what it locks is free again when the statement ends.
const SQL = `WITH free AS MATERIALIZED (
    SELECT room_id FROM chat.rooms WHERE room_id = ANY ($1::text[]) FOR NO KEY UPDATE SKIP LOCKED)
  SELECT room_id FROM chat.rooms WHERE room_id = ANY ($1::text[]) AND room_id NOT IN (SELECT room_id FROM free)`;

/** Of some rooms, those whose row somebody else has locked at the moment. */
export function createHeldRooms({ pool }: { pool: Pool }) {
  return async (roomIds: readonly string[]): Promise<ReadonlySet<string>> => {
    const { rows } = await pool.query<{ room_id: string }>({ name: 'held-rooms', text: SQL, values: [[...roomIds]] });
    return new Set(rows.map((row) => row.room_id));
  };
}

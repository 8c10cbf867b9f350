import type { Pool } from 'pg';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { type MessageJson, messageOf, writesOut } from './rows.ts';
import type { SealedTexts } from './sealing/sealed-texts.ts';

const SQL = `SELECT chat.message_json(m::chat.messages) AS message
  FROM unnest($1::text[], $2::bigint[]) t (room_id, seq)
  CROSS JOIN LATERAL (SELECT * FROM chat.messages WHERE room_id = t.room_id AND seq = t.seq OFFSET 0) m`;

/**
 * Rows as messages, their texts opened, rows of change with the messages that they are about, as these are now.
 * @throws AppError UNAVAILABLE where the key of a room can not be opened
 */
export type WholeRows = (rows: readonly MessageJson[]) => Promise<StoredMessage[]>;

/** Opens texts, and reads what rows of change are about where it is not among the rows; for others, nothing. */
export function createWholeRows({ pool, texts }: { pool: Pool; texts: Pick<SealedTexts, 'open'> }): WholeRows {
  return async (rows) => {
    await texts.open(rows);
    const changes = rows.filter(writesOut);
    if (changes.length === 0) return rows.map((row) => messageOf(row));
    const targets = new Map<string, StoredMessage>();
    const add = (row: MessageJson) => targets.set(keyOf(row.roomId, row.seq), messageOf(row));
    for (const row of rows) if (row.kind !== 'SYSTEM') add(row);
    const wanted = new Map<string, { roomId: string; seq: number }>();
    for (const { roomId, change } of changes) {
      const key = keyOf(roomId, change!.of!);
      if (!targets.has(key)) wanted.set(key, { roomId, seq: change!.of! });
    }
    if (wanted.size > 0) {
      const asked = [...wanted.values()];
      const { rows: found } = await pool.query<{ message: MessageJson }>({
        name: 'changed-messages',
        text: SQL,
        values: [asked.map(({ roomId }) => roomId), asked.map(({ seq }) => seq)],
      });
      for (const message of await texts.open(found.map((row) => row.message))) add(message);
    }
    return rows.map((row) =>
      row.change?.of == null ? messageOf(row) : messageOf(row, targets.get(keyOf(row.roomId, row.change.of))),
    );
  };
}

function keyOf(roomId: string, seq: number): string {
  return `${roomId}:${seq}`;
}

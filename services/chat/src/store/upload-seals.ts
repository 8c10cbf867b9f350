import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { StoredAttachment } from './rows.ts';
import type { RoomKey } from './sealing/room-key.ts';
import { boundOfName, type SealedTexts, sealedFile } from './sealing/sealed-texts.ts';

/** As the index `uploads_clear` has it. */
const CLEAR = "u.name <> '' AND (u.key_no IS NULL OR NOT u.attachment ? 'keyNo')";
const COLUMNS = `u.upload_id AS id, u.room_id AS "roomId", u.user_id AS "userId", u.name, u.attachment, u.key_no AS "keyNo"`;
const NAMED_SQL = `SELECT ${COLUMNS} FROM chat.uploads u WHERE u.upload_id = ANY ($1::text[]) AND ${CLEAR}`;
const NEXT_SQL = `SELECT ${COLUMNS} FROM chat.uploads u
  WHERE u.upload_id > $1 AND ${CLEAR} ORDER BY u.upload_id LIMIT $2`;

interface Row {
  id: string;
  roomId: string;
  userId: string;
  name: string;
  attachment: StoredAttachment | null;
  keyNo: number | null;
}

/** Seals names of files that stand clear. */
export interface UploadSeals {
  /** Of these uploads, before a message takes them. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  sealNamed(uploadIds: readonly string[]): Promise<void>;
  /** Of all after an id, at most `limit`. The last one's id; null: there are no more. @throws AppError as above */
  sealNext(after: string, limit: number): Promise<string | null>;
}

export function createUploadSeals({ pool, texts }: { pool: Pool; texts: SealedTexts }): UploadSeals {
  async function seal(rows: readonly Row[]): Promise<void> {
    const found = await texts.keys.forWritingAnew(rows.map(({ roomId }) => roomId));
    const sealed = rows.flatMap((row) => {
      const key = found.get(row.roomId);
      return key && !('outcome' in key) ? sealedOf(row, key) : [];
    });
    if (sealed.length === 0) return;
    await written(
      () =>
        pool.query({
          name: 'seal-uploads',
          text: 'SELECT chat.seal_uploads($1::text[], $2::text[], $3::int[], $4::text[], $5::text[])',
          values: [
            sealed.map(({ id }) => id),
            sealed.map(({ seen }) => seen && JSON.stringify(seen)),
            sealed.map(({ keyNo }) => keyNo),
            sealed.map(({ name }) => name),
            sealed.map(({ attachment }) => attachment && JSON.stringify(attachment)),
          ],
        }),
      { idempotent: true },
    );
  }

  return {
    async sealNamed(uploadIds) {
      if (uploadIds.length === 0) return;
      const { rows } = await pool.query<Row>({ name: 'clear-uploads', text: NAMED_SQL, values: [[...uploadIds]] });
      await seal(rows);
    },

    async sealNext(after, limit) {
      const { rows } = await pool.query<Row>({ name: 'next-clear-uploads', text: NEXT_SQL, values: [after, limit] });
      await seal(rows);
      return rows.length < limit ? null : rows.at(-1)!.id;
    },
  };
}

function sealedOf(row: Row, key: RoomKey) {
  const { id, roomId, userId, name, attachment } = row;
  return {
    id,
    seen: attachment,
    // Another key of the room's than that of a name sealed before is that of another room by the same id.
    keyNo: row.keyNo ?? key.keyNo,
    name: row.keyNo === null ? key.seal(boundOfName(roomId, userId, id), name) : name,
    attachment: attachment && sealedFile(key, attachment, userId),
  };
}

import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { StoredAttachment } from './rows.ts';
import type { RoomKey } from './sealing/room-key.ts';
import { UnopenedKey } from './sealing/room-keys.ts';
import { boundOf, type SealedTexts, sealedFile } from './sealing/sealed-texts.ts';

/** Rows of a room that are read and sealed with one commit. */
const ROWS = 800;
/** Seconds for which others leave a room alone that one is at work on. */
const CLAIM_S = 30;
/** Seconds for which all do where its key can not be opened. */
const SHUT_S = 600;

/** $1 room, $2 seq, $3 rows; of those that are sealed, or have nothing to seal, the place alone. */
const ROWS_SQL = `SELECT m.seq, c.* FROM (
    SELECT * FROM chat.messages WHERE room_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3) m
  LEFT JOIN LATERAL (SELECT coalesce(m.version, m.seq) AS version, m.sender_id AS "userId",
    m.client_message_id AS "clientMessageId", m.content, m.data::text AS data, m.signal_type AS "signalType", m.attachments
    WHERE m.kind <> 'SYSTEM' AND m.key_no IS NULL AND m.deleted_at IS NULL) c ON true
  ORDER BY m.seq`;

interface Row {
  seq: string;
  /** Null: there is nothing to seal. */
  version: string | null;
  userId: string | null;
  clientMessageId: string | null;
  content: string;
  data: string | null;
  signalType: string | null;
  attachments: StoredAttachment[] | null;
}

interface Claim {
  readonly roomId: string;
  readonly from: string;
  readonly last: string;
}

/** Seals messages that stand clear, a room after the other, without anybody waiting. */
export function createMessageSeals({ pool, texts }: { pool: Pool; texts: SealedTexts }) {
  let claim: Claim | null = null;

  async function claimed(name: string, call: string, values: unknown[]): Promise<Claim | null> {
    const text = `SELECT room_id AS "roomId", clear_from AS "from", last_seq AS "last" FROM ${call}`;
    return (await pool.query<Claim>({ name, text, values })).rows[0] ?? null;
  }

  const next = (roomId: string | null, seconds = CLAIM_S) =>
    written(() => claimed('claim-clear-room', 'chat.claim_clear_room($1, $2)', [roomId, seconds]), {
      idempotent: true,
    });

  /** How many rows were looked at. */
  async function seal({ roomId, from, last }: Claim, key: RoomKey): Promise<number> {
    const { rows } = await pool.query<Row>({ name: 'clear-rows', text: ROWS_SQL, values: [roomId, from, ROWS] });
    const clear = rows.filter(({ version }) => version !== null);
    if (clear.length > 0) {
      const sealed = clear.map((row) => sealedOf(roomId, row, key));
      await written(
        () =>
          pool.query({
            name: 'seal-messages',
            text: `SELECT chat.seal_messages($1, $2::int, $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
              $8::text[])`,
            values: [
              ...[roomId, key.keyNo, clear.map(({ seq }) => seq), clear.map(({ version }) => version)],
              ...[sealed.map(({ content }) => content), sealed.map(({ data }) => data)],
              ...[sealed.map(({ signalType }) => signalType), sealed.map(({ attachments }) => attachments)],
            ],
          }),
        { idempotent: true },
      );
    }
    // What came after the reading is looked at by the next portion.
    const to = rows.length < ROWS ? (rows.at(-1)?.seq ?? last) : rows.at(-1)!.seq;
    claim = await written(
      () => claimed('note-sealed', 'chat.note_sealed($1, $2, $3, $4)', [roomId, from, to, CLAIM_S]),
      { idempotent: true },
    );
    if (claim === null) {
      // The end; or something is clear again; or the key in memory is that of a room which was removed, and opened again.
      texts.keys.forget(roomId);
      claim = await next(roomId);
    }
    return rows.length;
  }

  return {
    /** Some of a room. How many rows were read; null: there is no room that is not sealed, or others are at work on it. */
    async sealPortion(): Promise<number | null> {
      claim ??= await next(null);
      if (!claim) return null;
      const { roomId } = claim;
      try {
        const key = await texts.keyOf(roomId);
        if (key) return await seal(claim, key);
        claim = null; // the room was removed, and is not found again
        return 0;
      } catch (error) {
        // Others first, and it when the claim has ended.
        claim = null;
        if (!(error instanceof UnopenedKey)) throw error;
        await next(roomId, SHUT_S);
        return 0;
      }
    },
  };
}

function sealedOf(roomId: string, row: Row, key: RoomKey) {
  const { userId, clientMessageId, content, data, signalType, attachments } = row;
  const place = { roomId, userId, clientMessageId };
  const files = attachments?.map((file) => sealedFile(key, file, userId));
  return {
    content: content === '' ? '' : key.seal(boundOf('content', place), content),
    data: data === null ? null : JSON.stringify(key.seal(boundOf('data', place), data)),
    signalType: signalType === null ? null : key.seal(boundOf('signal', place), signalType),
    attachments: files ? JSON.stringify(files) : null,
  };
}

import { fingerprintOf, type SealingKey, written } from '@gongu/host';
import type { Pool } from 'pg';
import type { ContentStore, UnopenedKey, WhyUnopened } from '../room/ports/content-store.ts';
import { createMessageSeals } from './message-seals.ts';
import { createReportSeals } from './report-seals.ts';
import { openKey, sealKey } from './sealing/room-key.ts';
import type { ContentKeys, RoomKeyRow } from './sealing/room-keys.ts';
import type { SealedTexts } from './sealing/sealed-texts.ts';
import type { UploadSeals } from './upload-seals.ts';

/** Files or reports that are sealed with one commit. */
const ROWS = 200;
/** Rooms that are named where a key can not be opened. */
const NAMED = 5;

const USE_SQL = `SELECT key_id AS "keyId", count(*)::int AS rooms FROM chat.room_keys GROUP BY key_id ORDER BY rooms DESC, key_id`;
const SOME_SQL = `SELECT key_no AS "keyNo", room_id AS "roomId", key_id AS "keyId", sealed FROM chat.room_keys
  WHERE key_id = $1 ORDER BY key_no LIMIT $2`;
const OTHERS_SQL = `SELECT key_no AS "keyNo", room_id AS "roomId", key_id AS "keyId", sealed FROM chat.room_keys
  WHERE key_id <> $1 AND key_no > $2 ORDER BY key_no LIMIT $3`;
const CLEAR_SQL = `SELECT count(*)::int AS rooms, coalesce(sum(last_seq - clear_from + 1), 0)::float8 AS messages
  FROM chat.rooms WHERE clear_from IS NOT NULL`;

export interface ContentStoreOptions {
  readonly pool: Pool;
  readonly texts: SealedTexts;
  readonly uploads: Pick<UploadSeals, 'sealNext'>;
  readonly keys: ContentKeys | null;
}

/** Sealed texts and their keys in PostgreSQL. */
export function createContentStore({ pool, texts, uploads, keys }: ContentStoreOptions): ContentStore {
  const messages = createMessageSeals({ pool, texts });
  const reports = createReportSeals({ pool, texts });
  /** Where the looks through files and reports are. */
  let upload: string | null = '';
  let report: string | null = '0';
  const known = (keyId: string) => keys?.find(({ id }) => id === keyId);

  async function inUse() {
    return (await pool.query<{ keyId: string; rooms: number }>({ name: 'keys-in-use', text: USE_SQL })).rows;
  }

  function opened({ roomId, keyId, sealed }: RoomKeyRow): Buffer | WhyUnopened {
    const found = known(keyId);
    if (!found?.key) return found ? 'lost' : 'unknown';
    try {
      return openKey(found.key, roomId, keyId, sealed);
    } catch {
      return 'wrong';
    }
  }

  const some = async (keyId: string) => (await pool.query<RoomKeyRow>({ text: SOME_SQL, values: [keyId, NAMED] })).rows;

  /** Marks by the ids of keys that instances have started with. */
  async function noted(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await pool.query<{ id: string; mark: string }>(
      'SELECT key_id AS id, fingerprint AS mark FROM chat.content_keys',
    );
    return new Map(rows.map(({ id, mark }) => [id, mark]));
  }

  /** Marks of the keys that are here. */
  const own = () => (keys ?? []).flatMap(({ id, key }) => (key ? [{ id, mark: fingerprintOf({ id, key }) }] : []));

  /** Whether it is not what it was: by its mark; of a database that has none, by some of what it should open. */
  async function isWrong(key: SealingKey, mark: string | undefined, rows: () => Promise<readonly RoomKeyRow[]>) {
    if (mark !== undefined) return mark !== fingerprintOf(key);
    const tried = await rows();
    return tried.length > 0 && !tried.some((row) => Buffer.isBuffer(opened(row)));
  }

  return {
    async sealPortion() {
      // Files first: a message takes their names along.
      if (upload !== null) {
        upload = await uploads.sealNext(upload, ROWS);
        return { rows: ROWS, isDone: false };
      }
      const rows = await messages.sealPortion();
      if (rows !== null) return { rows, isDone: false };
      if (report !== null) {
        report = await reports.sealNext(report, ROWS);
        return { rows: ROWS, isDone: false };
      }
      upload = '';
      report = '0';
      return { rows: 0, isDone: true };
    },

    forgetGoneKeys: texts.keys.forgetGone,

    async clear() {
      const { rows } = await pool.query<{ rooms: number; messages: number }>({ name: 'clear-texts', text: CLEAR_SQL });
      return rows[0]!;
    },

    async keys() {
      const [used, marks] = [await inUse(), await noted()];
      const stateOf = async (keyId: string) => {
        const found = known(keyId);
        if (!found?.key) return found ? 'lost' : 'unknown';
        return (await isWrong(found, marks.get(keyId), () => some(keyId))) ? 'wrong' : 'here';
      };
      const unused = (keys ?? []).filter(({ id }) => !used.some(({ keyId }) => keyId === id));
      const all = [...used, ...unused.map(({ id }) => ({ keyId: id, rooms: 0 }))];
      return Promise.all(
        all.map(async ({ keyId, rooms }) => ({
          ...{ keyId, rooms, isFirst: keys?.[0]?.id === keyId, state: await stateOf(keyId) },
        })),
      );
    },

    async unopened() {
      const found: UnopenedKey[] = [];
      const marks = await noted();
      for (const { keyId, rooms } of await inUse()) {
        const key = known(keyId);
        if (key && !key.key) continue;
        const rows = await some(keyId);
        const roomIds = rows.map(({ roomId }) => roomId);
        if (!key) found.push({ keyId, why: 'unknown', rooms, roomIds });
        else if (await isWrong(key, marks.get(keyId), async () => rows))
          found.push({ keyId, why: 'wrong', rooms, roomIds });
      }
      return found;
    },

    async noteKeys() {
      const marks = own();
      if (marks.length === 0) return [];
      const { rows } = await written(
        () =>
          pool.query<{ id: string; fingerprint: string }>({
            text: `INSERT INTO chat.content_keys (key_id, fingerprint)
  SELECT i.id, i.mark FROM unnest($1::text[], $2::text[]) i (id, mark) ORDER BY i.id
  ON CONFLICT (key_id) DO UPDATE SET key_id = excluded.key_id RETURNING key_id AS id, fingerprint`,
            values: [marks.map(({ id }) => id), marks.map(({ mark }) => mark)],
          }),
        { idempotent: true },
      );
      const stored = new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
      return marks.flatMap(({ id, mark }) => (stored.get(id) === mark ? [] : [id]));
    },

    async strangers() {
      const marks = await noted();
      return {
        others: own().flatMap(({ id, mark }) => (marks.has(id) && marks.get(id) !== mark ? [id] : [])),
        unseen: own().flatMap(({ id }) => (marks.has(id) ? [] : [id])),
      };
    },

    async rotatePortion(after, limit, { byUserId = null, isDry = false } = {}) {
      const [first] = keys!;
      const { rows } = await pool.query<RoomKeyRow>({ text: OTHERS_SQL, values: [first!.id, after, limit] });
      const all = rows.map((row) => ({ row, key: opened(row) }));
      const unopened = all.flatMap(({ row: { roomId, keyId }, key }) =>
        Buffer.isBuffer(key) ? [] : [{ roomId, keyId, why: key }],
      );
      const anew = all.flatMap(({ row, key }) =>
        Buffer.isBuffer(key) ? [{ ...row, anew: sealKey(first!.key!, row.roomId, first!.id, key) }] : [],
      );
      const last = rows.length < limit ? null : rows.at(-1)!.keyNo;
      if (isDry || anew.length === 0) return { rotated: anew.length, unopened, last };
      const changed = await written(
        () =>
          pool.query<{ rotated: number }>({
            text: `WITH moved AS (
    UPDATE chat.room_keys k SET key_id = $1, sealed = i.sealed
    FROM unnest($2::int[], $3::bytea[], $4::bytea[]) i (key_no, was, sealed)
    WHERE k.key_no = i.key_no AND k.sealed = i.was RETURNING k.key_no),
  done AS (SELECT count(*)::int AS rotated FROM moved)
  SELECT rotated, CASE WHEN rotated > 0 THEN chat.note_moderation('keys.rotated', NULL, NULL, $5,
    jsonb_build_object('to', $1::text, 'keys', rotated, 'unopened', $6::int)) END FROM done`,
            values: [
              ...[first!.id, anew.map(({ keyNo }) => keyNo), anew.map(({ sealed }) => sealed)],
              ...[anew.map((row) => row.anew), byUserId, unopened.length],
            ],
          }),
        { idempotent: true },
      );
      return { rotated: changed.rows[0]!.rotated, unopened, last };
    },
  };
}

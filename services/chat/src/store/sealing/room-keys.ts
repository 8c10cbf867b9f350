import { type LostKey, type SealingKey, sqlState, written } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { Pool } from 'pg';
import type { Failure } from '../../room/ports/outcome.ts';
import { LOCK_NOT_AVAILABLE } from '../batch.ts';
import { createHeldRooms } from '../held-rooms.ts';
import { newSealedKey, openKey, type RoomKey, roomKeyOf } from './room-key.ts';

const COLUMNS = 'key_no AS "keyNo", room_id AS "roomId", key_id AS "keyId", sealed';
const BY_ROOM_SQL = `SELECT k.key_no AS "keyNo", k.room_id AS "roomId", k.key_id AS "keyId", k.sealed
  FROM chat.rooms r JOIN chat.room_keys k ON k.key_no = r.key_no WHERE r.room_id = ANY ($1::text[])`;
/** Those of these keys that are no more. */
const GONE_SQL = `SELECT n AS "keyNo" FROM unnest($1::int[]) n
  WHERE NOT EXISTS (SELECT FROM chat.room_keys k WHERE k.key_no = n)`;
const BY_NO_SQL = `SELECT ${COLUMNS} FROM chat.room_keys WHERE key_no = ANY ($1::int[])`;
/** Rooms in the order in which all lock them. */
const NEW_SQL = `SELECT k.key_no AS "keyNo", k.room_id AS "roomId", k.key_id AS "keyId", k.sealed
  FROM (SELECT * FROM unnest($1::text[], $3::bytea[]) u (room_id, sealed) ORDER BY u.room_id OFFSET 0) i
  CROSS JOIN LATERAL chat.open_room_key(i.room_id, $2, i.sealed, $4) k`;

/** Keys of `CONTENT_KEYS`, by which keys of rooms are sealed, in their order: by the first from now on. */
export type ContentKeys = readonly (SealingKey | LostKey)[];

/** What of a room's key is in the database. */
export interface RoomKeyRow {
  readonly keyNo: number;
  readonly roomId: string;
  readonly keyId: string;
  readonly sealed: Buffer;
}

export interface RoomKeysOptions {
  readonly pool: Pool;
  /** Null: there are none, and texts are written clear. */
  readonly keys: ContentKeys | null;
  /** Whether texts are sealed from now on; else they are written clear, and those that are sealed can be read. */
  readonly isOn: boolean;
  /** Hears of a key that can not be opened: by a content key that is not there, or by one of other bytes. */
  readonly onUnopened?: (reason: 'key_unknown' | 'key_wrong', roomId: string, keyId: string) => void;
  /** Keys in memory. Default 20,000: about 15 MB. */
  readonly most?: number;
}

/** A room's key that can not be opened: the room is UNAVAILABLE until it can, others are not. */
export class UnopenedKey extends AppError {}

/** Why there is no key of a room now. BUSY: it is to get one, and somebody else has locked it. */
export type NoKey = Failure | { readonly outcome: 'BUSY' };

/** Keys of rooms, in memory as long as they are used. */
export interface RoomKeys {
  /** Whether texts are sealed. */
  readonly isOn: boolean;
  /** Whether there may be sealed ones to read. */
  readonly hasKeys: boolean;
  /** How many are in memory. */
  size(): number;
  /**
   * What texts of these rooms are sealed with, made where there is none yet. Without an entry: a room that is not there. `evenGone`: such a
   * one has a key, too, for reports of it.
   * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  forWriting(roomIds: Iterable<string>, evenGone?: boolean): Promise<ReadonlyMap<string, RoomKey | NoKey>>;
  /** The same as they are by now: a key in memory may be that of a room which was removed, and opened again. */
  forWritingAnew(roomIds: Iterable<string>, evenGone?: boolean): Promise<ReadonlyMap<string, RoomKey | NoKey>>;
  /** By their numbers; without an entry: there is no such key. */
  byNo(keyNos: Iterable<number>): Promise<ReadonlyMap<number, RoomKey | Failure>>;
  /** Takes keys into memory that were read with their rooms. */
  hold(rows: Iterable<RoomKeyRow>): void;
  /** The room was removed, or has another key: it is read anew. */
  forget(roomId: string): void;
  /** Keys that are in memory and in the database no more, as their rooms were removed, are forgotten. */
  forgetGone(): Promise<void>;
}

export function createRoomKeys({ pool, keys, isOn, onUnopened, most = 20_000 }: RoomKeysOptions): RoomKeys {
  /** In the order in which they were used last. */
  const byNo = new Map<number, RoomKey>();
  const byRoom = new Map<string, RoomKey>();

  function drop(key: RoomKey): void {
    byNo.delete(key.keyNo);
    if (byRoom.get(key.roomId) === key) byRoom.delete(key.roomId);
  }

  function touch(key: RoomKey): RoomKey {
    byNo.delete(key.keyNo);
    byNo.set(key.keyNo, key);
    return key;
  }

  function keep(row: RoomKeyRow): RoomKey | Failure {
    const present = byNo.get(row.keyNo);
    if (present) return touch(present);
    const key = opened(row);
    if ('outcome' in key) return key;
    if (byNo.size >= most) drop(byNo.values().next().value!);
    byNo.set(key.keyNo, key);
    return key;
  }

  function current(row: RoomKeyRow): RoomKey | Failure {
    const key = keep(row);
    if (!('outcome' in key)) byRoom.set(row.roomId, key);
    return key;
  }

  function opened({ keyNo, roomId, keyId, sealed }: RoomKeyRow): RoomKey | Failure {
    const secret = keys?.find(({ id }) => id === keyId)?.key;
    if (!secret) {
      onUnopened?.('key_unknown', roomId, keyId);
      return unopened(`The room's key is sealed by "${keyId}", which is not here`);
    }
    try {
      return roomKeyOf(keyNo, roomId, openKey(secret, roomId, keyId, sealed));
    } catch {
      onUnopened?.('key_wrong', roomId, keyId);
      return unopened(`The room's key is sealed by another "${keyId}" than the one that is here`);
    }
  }

  const held = createHeldRooms({ pool });

  /** Makes keys where there are none. @throws what says that a room is locked, too */
  async function made(roomIds: readonly string[], evenGone: boolean): Promise<readonly RoomKeyRow[]> {
    const { id, key: secret } = keys![0]!;
    const sealed = roomIds.map((roomId) => newSealedKey(secret!, roomId, id));
    const values = [roomIds, id, sealed, evenGone];
    const run = () => pool.query<RoomKeyRow>({ name: 'new-room-keys', text: NEW_SQL, values });
    try {
      return (await written(run, { idempotent: true })).rows;
    } catch (error) {
      const { cause } = error as Error;
      throw sqlState(cause) === LOCK_NOT_AVAILABLE ? cause : error;
    }
  }

  return {
    isOn,
    hasKeys: keys !== null,
    size: () => byNo.size,

    async forWriting(roomIds, evenGone = false) {
      const found = new Map<string, RoomKey | NoKey>();
      const missing = new Set<string>();
      for (const roomId of roomIds) {
        const key = byRoom.get(roomId);
        if (key) found.set(roomId, touch(key));
        else missing.add(roomId);
      }
      if (missing.size === 0 || keys === null) return found;
      const take = (rows: readonly RoomKeyRow[]) => {
        for (const row of rows) {
          found.set(row.roomId, current(row));
          missing.delete(row.roomId);
        }
      };
      take((await pool.query<RoomKeyRow>({ name: 'room-keys', text: BY_ROOM_SQL, values: [[...missing]] })).rows);
      if (missing.size === 0) return found;
      const all = [...missing];
      try {
        take(await made(all, evenGone));
      } catch (error) {
        if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
        // Whoever holds some of them keeps nobody out of the others.
        const taken = await held(all);
        for (const roomId of taken) found.set(roomId, { outcome: 'BUSY' });
        take(
          await made(
            all.filter((roomId) => !taken.has(roomId)),
            evenGone,
          ),
        );
      }
      return found;
    },

    async byNo(keyNos) {
      const found = new Map<number, RoomKey | Failure>();
      const missing = new Set<number>();
      for (const keyNo of keyNos) {
        const key = byNo.get(keyNo);
        if (key) found.set(keyNo, touch(key));
        else missing.add(keyNo);
      }
      if (missing.size === 0) return found;
      const { rows } = await pool.query<RoomKeyRow>({
        ...{ name: 'room-keys-by-number', text: BY_NO_SQL, values: [[...missing]] },
      });
      for (const row of rows) found.set(row.keyNo, keep(row));
      return found;
    },

    hold(rows) {
      for (const row of rows) current(row);
    },

    forWritingAnew(roomIds, evenGone) {
      const rooms = new Set(roomIds);
      for (const key of [...byNo.values()]) if (rooms.has(key.roomId)) drop(key);
      return this.forWriting(rooms, evenGone);
    },

    forget(roomId) {
      for (const key of [...byNo.values()]) if (key.roomId === roomId) drop(key);
    },

    async forgetGone() {
      if (byNo.size === 0) return;
      const { rows } = await pool.query<{ keyNo: number }>({
        ...{ name: 'gone-room-keys', text: GONE_SQL, values: [[...byNo.keys()]] },
      });
      for (const { keyNo } of rows) {
        const key = byNo.get(keyNo);
        if (key) drop(key);
      }
    },
  };
}

function unopened(detail: string): Failure {
  return { outcome: 'FAILED', error: new UnopenedKey('UNAVAILABLE', { detail }) };
}

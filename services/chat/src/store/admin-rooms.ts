import type { Pool } from '@gongu/host';
import type { RoomRow } from '../room/ports/room-row.ts';
import { ROOM_JSON_SQL } from './rows.ts';

/** Which rooms are wanted; what is absent is any. */
export interface RoomFilter {
  readonly status?: string | undefined;
  readonly host?: string | undefined;
  /** Who is in it now. */
  readonly member?: string | undefined;
  /** A room: those older than it. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A room, and how much is kept of it. */
export interface RoomInFull extends RoomRow {
  readonly messages: number;
  readonly files: { readonly count: number; readonly bytes: number };
  readonly restrictions: number;
  readonly openReports: number;
}

/** Rooms for those who run it, whoever is in them. */
export function createAdminRooms({ pool }: { pool: Pool }) {
  return {
    async count(): Promise<number> {
      const { rows } = await pool.query<{ rooms: number }>('SELECT count(*)::int AS rooms FROM chat.rooms');
      return rows[0]!.rooms;
    },

    /** Newest first. */
    async list({ status, host, member, before, limit }: RoomFilter): Promise<readonly RoomRow[]> {
      const { rows } = await pool.query<{ room: RoomRow }>(
        `SELECT ${ROOM_JSON_SQL} AS room FROM chat.rooms r
         WHERE ($1::text IS NULL OR r.status = $1) AND ($2::text IS NULL OR r.host_id = $2)
           AND ($3::text IS NULL OR EXISTS (SELECT FROM chat.members m
             WHERE m.room_id = r.room_id AND m.user_id = $3 AND m.left_at IS NULL))
           AND ($4::text IS NULL OR (r.created_at, r.room_id) < (
             SELECT b.created_at, b.room_id FROM chat.rooms b WHERE b.room_id = $4))
         ORDER BY r.created_at DESC, r.room_id DESC LIMIT $5`,
        [status ?? null, host ?? null, member ?? null, before ?? null, limit],
      );
      return rows.map(({ room }) => room);
    },

    /** Null: there is none. */
    async show(roomId: string): Promise<RoomInFull | null> {
      const { rows } = await pool.query<{ room: RoomInFull }>(
        `SELECT ${ROOM_JSON_SQL} || jsonb_build_object(
           'messages', (SELECT count(*) FROM chat.messages m WHERE m.room_id = r.room_id),
           'files', (SELECT jsonb_build_object('count', count(*), 'bytes', coalesce(sum(u.bytes), 0)) FROM chat.uploads u
             WHERE u.room_id = r.room_id AND u.state IN ('TAKEN', 'HELD')),
           'restrictions', (SELECT count(*) FROM chat.restrictions x WHERE x.room_id = r.room_id),
           'openReports', (SELECT count(*) FROM chat.reports p
             WHERE p.room_id = r.room_id AND p.status = 'OPEN' AND NOT p.room_gone)) AS room
         FROM chat.rooms r WHERE r.room_id = $1`,
        [roomId],
      );
      return rows[0]?.room ?? null;
    },
  };
}

export type AdminRooms = ReturnType<typeof createAdminRooms>;

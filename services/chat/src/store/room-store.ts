import { written } from '@gongu/host';
import type { Failure } from '../room/ports/outcome.ts';
import type { GuestRow, OverviewRow, RoomHeadRow, RoomSnapshot, RoomStore } from '../room/ports/room-store.ts';
import type { PrismaClient } from './generated/client.ts';
import {
  type ChangeJson,
  changeOf,
  MEMBER_JSON_SQL,
  type MemberJson,
  type MessageJson,
  messageOf,
  ROOM_JSON_SQL,
  type RoomJson,
  roomOf,
} from './rows.ts';
import type { RoomKeyRow } from './sealing/room-keys.ts';
import type { SealedTexts } from './sealing/sealed-texts.ts';
import type { WholeRows } from './whole-rows.ts';

/** SQL of a `RoomHeadRow` of the alias `r`; numbers of the sequence are far below 2^53. */
const HEAD_COLUMNS_SQL = `r.room_id AS "roomId", r.title, r.status, r.reason, r.last_seq::float8 AS "lastSeq",
  r.last_chat_no::float8 AS "lastChatNo", r.epoch`;

export interface RoomStoreOptions {
  readonly prisma: PrismaClient;
  /** See `anonymousShare` of the store. */
  readonly share: number;
  readonly whole: WholeRows;
  readonly texts: SealedTexts;
}

interface LoadedRow {
  room: RoomJson;
  restricted: boolean;
  muted: Record<string, string | null> | null;
  members: MemberJson[];
  messages: MessageJson[];
  /** The key that is sealed with now. */
  keyNo: number | null;
  keyId: string;
  sealed: Uint8Array;
}

/** Rooms in PostgreSQL. The rules under the lock are the functions of prisma/chat/functions. */
export function createRoomStore({ prisma, share, whole, texts }: RoomStoreOptions): RoomStore {
  const one = async <T>(rows: Promise<{ change: ChangeJson }[]>): Promise<T> => changeOf<T>((await rows)[0]!.change);

  return {
    open: (opening) => {
      const payload = JSON.stringify(opening);
      return written(() =>
        one(prisma.$queryRaw`SELECT chat.open_room(${opening.roomId}, ${opening.productId}, ${opening.title},
        ${opening.hostId}, ${opening.hostNickname}, ${opening.maxParticipants}::int, ${opening.minParticipants}::int,
        ${opening.expiresAt}::timestamptz, ${payload}::jsonb) AS change`),
      );
    },

    async find(roomId) {
      const rows = await prisma.$queryRawUnsafe<{ room: RoomJson }[]>(
        `SELECT ${ROOM_JSON_SQL} AS room FROM chat.rooms r WHERE r.room_id = $1`,
        roomId,
      );
      return rows[0] ? roomOf(rows[0].room) : null;
    },

    setStatus: (roomId, status, reason) =>
      written(() => one(prisma.$queryRaw`SELECT chat.set_room_status(${roomId}, ${status}, ${reason}) AS change`)),

    async clearing(limit) {
      const rows = await prisma.$queryRaw<{ room_id: string }[]>`
        SELECT room_id FROM chat.rooms WHERE clearing ORDER BY room_id LIMIT ${limit}::int`;
      return rows.map((row) => row.room_id);
    },

    clearGuests: (roomId, portion) =>
      written(() => one(prisma.$queryRaw`SELECT chat.clear_guests(${roomId}, ${portion}::int) AS change`)),

    async lowering(limit) {
      const rows = await prisma.$queryRaw<{ room_id: string }[]>`
        SELECT room_id FROM chat.rooms WHERE cap_target IS NOT NULL AND status = 'ACTIVE'
        ORDER BY room_id LIMIT ${limit}::int`;
      return rows.map((row) => row.room_id);
    },

    lowerPortion: (roomId, guests, anonymous) =>
      written(() =>
        one(prisma.$queryRaw`SELECT chat.lower_portion(${roomId}, ${String(share)}::text::numeric, ${guests}::text[],
        ${anonymous}) AS change`),
      ),

    guests: (roomId, { limit, beforeSeq }) => prisma.$queryRaw<GuestRow[]>`
      SELECT m.user_id AS "userId", m.anonymous, m.joined_seq::float8 AS "joinedSeq" FROM chat.members m
      WHERE m.room_id = ${roomId} AND m.left_at IS NULL AND NOT m.host AND NOT m.committed
        AND (${beforeSeq}::bigint IS NULL OR m.joined_seq < ${beforeSeq}::bigint)
      ORDER BY m.joined_seq DESC LIMIT ${limit}::int`,

    patch: (roomId, patch, online, portion = 250) =>
      written(() =>
        one(prisma.$queryRaw`SELECT chat.patch_room(${roomId}, ${patch.title ?? null},
        ${patch.maxParticipants ?? null}::int, ${patch.minParticipants ?? null}::int, ${patch.minParticipants === null},
        ${patch.expiresAt ?? null}::timestamptz, ${String(share)}::text::numeric, ${online}::text[],
        ${portion}::int, ${patch.slowModeSeconds ?? null}::int, ${patch.byUserId ?? null}) AS change`),
      ),

    async expire(limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ change: ChangeJson }[]>`SELECT chat.expire_rooms(${limit}::int) AS change`,
      );
      return rows.map((row) => changeOf(row.change));
    },

    async remove(roomId) {
      const rows = await written(
        () => prisma.$queryRaw<{ removed: boolean }[]>`SELECT chat.delete_room(${roomId}) AS removed`,
      );
      texts.keys.forget(roomId);
      return rows[0]!.removed;
    },

    async renewEpochs(byUserId) {
      const rows = await written(
        () => prisma.$queryRaw<{ renewed: number }[]>`SELECT chat.renew_epochs(${byUserId}) AS renewed`,
      );
      return rows[0]!.renewed;
    },

    async heads(roomIds) {
      const rows = await prisma.room.findMany({
        where: { roomId: { in: [...roomIds] } },
        select: { roomId: true, firstSeq: true, lastSeq: true, goneChatNo: true, epoch: true },
      });
      return new Map(
        rows.map(({ roomId, epoch, ...head }) => [
          roomId,
          {
            firstSeq: Number(head.firstSeq),
            lastSeq: Number(head.lastSeq),
            goneChatNo: Number(head.goneChatNo),
            epoch,
          },
        ]),
      );
    },

    async headRows(roomIds) {
      return prisma.$queryRawUnsafe<RoomHeadRow[]>(
        `SELECT ${HEAD_COLUMNS_SQL} FROM chat.rooms r WHERE r.room_id = ANY ($1::text[])`,
        [...roomIds],
      );
    },

    async overviews(userIds, limit) {
      return prisma.$queryRawUnsafe<OverviewRow[]>(
        `SELECT u.user_id AS "userId", ${HEAD_COLUMNS_SQL},
          CASE WHEN r.last_mention_seq > m.last_read_seq
            THEN chat.mentions_after(r.room_id, m.user_id, m.last_read_seq)::float8[] ELSE '{}' END AS mentions,
          m.last_read_seq::float8 AS "lastReadSeq", greatest(m.last_read_chat_no, r.gone_chat_no)::float8 AS "lastReadChatNo"
        FROM unnest($1::text[]) AS u(user_id), LATERAL (
          SELECT * FROM chat.members WHERE members.user_id = u.user_id AND left_at IS NULL
          ORDER BY joined_at DESC, room_id DESC LIMIT $2) m
        JOIN chat.rooms r ON r.room_id = m.room_id`,
        [...userIds],
        limit,
      );
    },

    async load(roomIds, limits) {
      // One statement, so that a room, its members and its messages are of one moment.
      const rows = await prisma.$queryRawUnsafe<LoadedRow[]>(
        `SELECT ${ROOM_JSON_SQL} AS room, r.restricted,
          CASE WHEN r.restricted THEN (SELECT jsonb_object_agg(x.user_id, chat.iso(x.until)) FROM chat.restrictions x
            WHERE x.room_id = r.room_id AND x.kind = 'MUTE' AND (x.until IS NULL OR x.until > clock_timestamp()))
            END AS muted,
          (SELECT coalesce(jsonb_agg(${MEMBER_JSON_SQL} ORDER BY m.joined_seq), '[]') FROM (
            SELECT * FROM chat.members
            WHERE room_id = r.room_id AND left_at IS NULL ORDER BY joined_seq LIMIT $2) m) AS members,
          (SELECT coalesce(jsonb_agg(chat.message_json(m::chat.messages) ORDER BY m.seq), '[]') FROM (
            SELECT * FROM chat.messages WHERE room_id = r.room_id ORDER BY seq DESC LIMIT $3) m) AS messages,
          k.key_no AS "keyNo", k.key_id AS "keyId", k.sealed
        FROM chat.rooms r LEFT JOIN chat.room_keys k ON k.key_no = r.key_no WHERE r.room_id = ANY ($1::text[])`,
        [...roomIds],
        limits.members + 1,
        limits.messages,
      );
      if (texts.keys.hasKeys) texts.keys.hold(rows.flatMap(keyOf));
      // A room whose key can not be opened keeps nobody out of the others.
      const failed = await texts.openMost(rows.flatMap(({ messages }) => messages));
      const all = await whole(rows.flatMap(({ room, messages }) => (failed.has(room.roomId) ? [] : messages)));
      const found = new Map<string, RoomSnapshot | Failure>(failed);
      let read = 0;
      for (const row of rows) {
        const room = roomOf(row.room);
        if (failed.has(room.roomId)) continue;
        found.set(room.roomId, {
          room,
          members: row.members.slice(0, limits.members),
          complete: row.members.length <= limits.members,
          messages: all.slice(read, read + row.messages.length),
          restricted: row.restricted,
          muted: row.muted ?? {},
        });
        read += row.messages.length;
      }
      return roomIds.map((roomId) => found.get(roomId) ?? null);
    },

    async listFor(userId, { limit, before }) {
      const rows = await prisma.$queryRawUnsafe<
        { room: RoomJson; member: MemberJson; last_message: MessageJson | null; mentions: number }[]
      >(
        `SELECT ${ROOM_JSON_SQL} AS room, ${MEMBER_JSON_SQL} AS member,
          (SELECT chat.message_json(t) FROM chat.last_said(r.room_id, r.last_seq, r.last_chat_no) t
            WHERE t.seq IS NOT NULL) AS last_message,
          CASE WHEN r.last_mention_seq > m.last_read_seq
            THEN cardinality(chat.mentions_after(r.room_id, m.user_id, m.last_read_seq)) ELSE 0 END AS mentions
        FROM chat.members m JOIN chat.rooms r USING (room_id)
        WHERE m.user_id = $1 AND m.left_at IS NULL
          AND ($2::timestamptz IS NULL OR (m.joined_at, m.room_id) < ($2::timestamptz, $3))
        ORDER BY m.joined_at DESC, m.room_id DESC LIMIT $4`,
        userId,
        before?.joinedAt ?? null,
        before?.roomId ?? '',
        limit,
      );
      // The others are listed all the same.
      const failed = await texts.openMost(rows.flatMap((row) => row.last_message ?? []));
      return rows.map((row) => ({
        room: roomOf(row.room),
        member: row.member,
        lastMessage: row.last_message && !failed.has(row.last_message.roomId) ? messageOf(row.last_message) : null,
        unreadMentions: row.mentions,
      }));
    },
  };
}

function keyOf({ room, keyNo, keyId, sealed }: LoadedRow): RoomKeyRow[] {
  return keyNo === null ? [] : [{ keyNo, roomId: room.roomId, keyId, sealed: Buffer.from(sealed) }];
}

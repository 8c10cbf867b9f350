import { createHash } from 'node:crypto';
import { written } from '@gongu/host';
import { type Message, ProductNotice } from '@gongu/shared';
import type { Absent, PushStore } from '../room/ports/push-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { type MessageJson, messageOf } from './rows.ts';
import type { SealedTexts } from './sealing/sealed-texts.ts';

/** Subscriptions in PostgreSQL: the functions `put_push`, `take_absent` and `forget_pushes`. */
export function createPushStore({ prisma, texts }: { prisma: PrismaClient; texts: SealedTexts }): PushStore {
  return {
    put: (roomId, userId, { endpoint, keys }) =>
      written(
        async () => {
          const rows = await prisma.$queryRaw<{ outcome: never }[]>`
            SELECT chat.put_push(${roomId}, ${userId}, ${deviceOf(endpoint)}::bytea, ${endpoint}, ${keys.p256dh},
              ${keys.auth}) AS outcome`;
          return rows[0]!.outcome;
        },
        { idempotent: true },
      ),

    remove: (userId, endpoint, roomId) =>
      written(
        async () => {
          await prisma.$executeRaw`
            DELETE FROM chat.push_subscriptions WHERE device_id = ${deviceOf(endpoint)}::bytea AND user_id = ${userId}
              AND (${roomId}::text IS NULL OR room_id = ${roomId})`;
        },
        { idempotent: true },
      ),

    async list(userId) {
      const rows = await prisma.$queryRaw<{ roomId: string; device: Uint8Array }[]>`
        SELECT room_id AS "roomId", device_id AS device FROM chat.push_subscriptions
        WHERE user_id = ${userId} ORDER BY room_id, device_id`;
      return {
        items: rows.map(({ roomId, device }) => ({ roomId, deviceId: Buffer.from(device).toString('base64url') })),
      };
    },

    drop: (endpoint) =>
      written(
        async () => {
          await prisma.$executeRaw`DELETE FROM chat.push_subscriptions WHERE device_id = ${deviceOf(endpoint)}::bytea`;
        },
        { idempotent: true },
      ),

    // Not tried again by itself: what was taken, and not heard of, is told when he has read and is absent anew.
    takeAbsent: (roomIds, { afterS, withText, limit }) =>
      written(async () => {
        const rows = await prisma.$queryRaw<AbsentRow[]>`
          SELECT room_id AS "roomId", title, unread::float8 AS unread, endpoint, p256dh, auth, newest
          FROM chat.take_absent(${roomIds}::text[], ${afterS}::int, ${withText}::boolean, ${limit}::int)`;
        // Of a room whose key can not be opened no text is told, as of one where none is to be.
        const failed = await texts.openMost(rows.flatMap(({ newest }) => newest ?? []));
        return rows.map((row) => absentOf(failed.has(row.roomId) ? { ...row, newest: null } : row));
      }),

    async roomsBehind(roomId, limit) {
      const rows = await prisma.$queryRaw<{ roomId: string }[]>`
        SELECT DISTINCT s.room_id AS "roomId" FROM chat.push_subscriptions s
        JOIN chat.rooms r ON r.room_id = s.room_id
        JOIN chat.members m ON m.room_id = s.room_id AND m.user_id = s.user_id
        WHERE s.room_id > ${roomId} AND m.last_read_chat_no < r.last_chat_no
        ORDER BY s.room_id LIMIT ${limit}::int`;
      return rows.map((row) => row.roomId);
    },

    async forget(limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ gone: number }[]>`SELECT chat.forget_pushes(${limit}::int) AS gone`,
      );
      return rows[0]!.gone;
    },
  };
}

interface AbsentRow {
  roomId: string;
  title: string;
  unread: number;
  endpoint: string;
  p256dh: string;
  auth: string;
  newest: MessageJson | null;
}

function absentOf({ roomId, title, unread, endpoint, p256dh, auth, newest: row }: AbsentRow): Absent {
  const message = row && messageOf(row);
  const names = () => (row?.change?.attachments ?? []).map(({ name }) => name).join(', ');
  const newest = message && {
    from: message.sender?.nickname ?? null,
    fromUserId: message.sender?.userId ?? null,
    text: message.content || names(),
    notice: noticeOf(message),
  };
  return { roomId, title, unread, target: { endpoint, keys: { p256dh, auth } }, newest };
}

/** What trade told by a message of the service's. */
function noticeOf({ kind, sender, data }: Message): ProductNotice | undefined {
  return kind === 'NOTIFICATION' && sender === null ? ProductNotice.safeParse(data).data : undefined;
}

/** What a device is known by: of one length, and no secret. */
function deviceOf(endpoint: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(endpoint).digest());
}

import { written } from '@gongu/host';
import type { Attachment } from '@gongu/shared';
import type { UploadRow, UploadStore } from '../room/ports/upload-store.ts';
import type { PrismaClient } from './generated/client.ts';

/** Uploads in PostgreSQL: the functions `announce_upload` and `expire_uploads`, and `append_attached` takes them. */
export function createUploadStore({ prisma }: { prisma: PrismaClient }): UploadStore {
  return {
    announce: ({ uploadId, roomId, userId, name, type, bytes }, perHour) =>
      written(async () => {
        const rows = await prisma.$queryRaw<{ answer: never }[]>`
          SELECT chat.announce_upload(${roomId}, ${userId}, ${uploadId}, ${name}, ${type}, ${bytes}::bigint,
            ${perHour}::int) AS answer`;
        return rows[0]!.answer;
      }),

    async find(roomId, userId, uploadId) {
      const rows = await prisma.$queryRaw<(Omit<UploadRow, 'bytes'> & { bytes: bigint })[]>`
        SELECT u.upload_id AS "uploadId", u.state, u.name, u.type, u.bytes, u.attachment FROM chat.uploads u
        WHERE u.upload_id = ${uploadId} AND u.room_id = ${roomId} AND u.user_id = ${userId}`;
      const row = rows[0];
      return row ? { ...row, bytes: Number(row.bytes) } : null;
    },

    ready: (uploadId, attachment) =>
      written(
        async () => {
          const changed = await prisma.$executeRaw`
            UPDATE chat.uploads SET state = 'READY', attachment = ${JSON.stringify(attachment)}::jsonb
            WHERE upload_id = ${uploadId} AND state = 'PENDING'`;
          return changed > 0;
        },
        // Asked again it would not be PENDING: the caller looks what it is.
        { idempotent: true },
      ),

    async refuse(uploadId) {
      await written(
        () => prisma.$executeRaw`
          UPDATE chat.uploads SET state = 'GONE', name = '' WHERE upload_id = ${uploadId} AND state = 'PENDING'`,
        { idempotent: true },
      );
    },

    async attachments(roomId, userId, ids) {
      const rows = await prisma.$queryRaw<{ attachment: Attachment }[]>`
        SELECT u.attachment FROM chat.uploads u
        WHERE u.upload_id = ANY (${ids as string[]}) AND u.room_id = ${roomId}
          AND (u.state = 'TAKEN' OR u.state = 'READY' AND u.user_id = ${userId})`;
      return rows.map(({ attachment }) => attachment);
    },

    async expire(limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ more: boolean }[]>`SELECT chat.expire_uploads(${limit}::int) AS more`,
        { idempotent: true },
      );
      return rows[0]!.more;
    },

    async gone(limit) {
      const rows = await prisma.$queryRaw<{ upload_id: string }[]>`
        SELECT u.upload_id FROM chat.uploads u WHERE u.state = 'GONE' AND u.removed_at IS NULL
        ORDER BY u.created_at LIMIT ${limit}::int`;
      return rows.map(({ upload_id }) => upload_id);
    },

    async removed(uploadIds) {
      await written(
        () => prisma.$executeRaw`
          UPDATE chat.uploads SET removed_at = clock_timestamp() WHERE upload_id = ANY (${uploadIds as string[]})`,
        { idempotent: true },
      );
    },
  };
}

import { written } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { UploadStore } from '../room/ports/upload-store.ts';
import type { PrismaClient } from './generated/client.ts';
import type { StoredAttachment } from './rows.ts';
import { boundOfName, type SealedTexts } from './sealing/sealed-texts.ts';

interface FoundRow {
  uploadId: string;
  state: 'PENDING' | 'READY' | 'TAKEN' | 'HELD' | 'GONE';
  name: string;
  type: string;
  bytes: bigint;
  ageMs: number;
  attachment: StoredAttachment | null;
  keyNo: number | null;
}

/** Uploads in PostgreSQL: the functions `announce_upload` and `expire_uploads`, and `append_attached` takes them. */
export function createUploadStore({ prisma, texts }: { prisma: PrismaClient; texts: SealedTexts }): UploadStore {
  return {
    announce: ({ uploadId, roomId, userId, name, type, bytes }, perHour, userBytes = 0) =>
      written(async () => {
        for (let tries = 1; ; tries++) {
          const key = await texts.keyOf(roomId);
          const stored = key ? key.seal(boundOfName(roomId, userId, uploadId), name) : name;
          const rows = await prisma.$queryRaw<{ answer: { outcome: string } }[]>`
            SELECT chat.announce_upload(${roomId}, ${userId}, ${uploadId}, ${stored}, ${type}, ${bytes}::bigint,
              ${perHour}::int, ${key?.keyNo ?? null}::int, ${userBytes}::bigint) AS answer`;
          const { answer } = rows[0]!;
          if (answer.outcome !== 'STALE') return answer as never;
          if (tries === 3) throw new AppError('UNAVAILABLE', { detail: 'The room has another key' });
          texts.keys.forget(roomId);
        }
      }),

    async find(roomId, userId, uploadId) {
      const rows = await prisma.$queryRaw<FoundRow[]>`
        SELECT u.upload_id AS "uploadId", u.state, u.name, u.type, u.bytes, u.attachment, u.key_no AS "keyNo",
          (extract(epoch FROM clock_timestamp() - u.created_at) * 1000)::float8 AS "ageMs"
        FROM chat.uploads u WHERE u.upload_id = ${uploadId} AND u.room_id = ${roomId} AND u.user_id = ${userId}`;
      if (!rows[0]) return null;
      const { keyNo, name, bytes, attachment: file, ...row } = rows[0];
      const [attachment = null] = file ? await texts.openFiles([{ file, roomId, userId }]) : [];
      const clear = (await texts.openText(keyNo, boundOfName(roomId, userId, uploadId), name)) ?? '';
      return { ...row, name: clear, bytes: Number(bytes), attachment };
    },

    ready: ({ roomId, userId }, attachment) =>
      written(
        async () => {
          const { id: uploadId, name } = attachment;
          const [upload] = await prisma.$queryRaw<{ keyNo: number | null }[]>`
            SELECT u.key_no AS "keyNo" FROM chat.uploads u WHERE u.upload_id = ${uploadId} AND u.state = 'PENDING'`;
          if (!upload) return false;
          // By the key that it was announced with: in this instance's memory may be that of a room which is no more. One that
          // was announced clear is sealed before a message takes it.
          const key = upload.keyNo === null ? null : await texts.keyBy(upload.keyNo);
          const bound = boundOfName(roomId, userId, uploadId);
          const file = key ? { ...attachment, name: key.seal(bound, name), keyNo: key.keyNo } : attachment;
          const changed = await prisma.$executeRaw`
            UPDATE chat.uploads SET state = 'READY', attachment = ${JSON.stringify(file)}::jsonb
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
      const rows = await prisma.$queryRaw<{ file: StoredAttachment; owner: string }[]>`
        SELECT u.attachment AS file, u.user_id AS owner FROM chat.uploads u
        WHERE u.upload_id = ANY (${ids as string[]}) AND u.room_id = ${roomId}
          AND (u.state = 'TAKEN' OR u.state = 'READY' AND u.user_id = ${userId})`;
      return texts.openFiles(rows.map(({ file, owner }) => ({ file, roomId, userId: owner })));
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

import { written } from '@gongu/host';
import type { Report } from '@gongu/shared';
import type { ReportStore } from '../room/ports/report-store.ts';
import type { PrismaClient } from './generated/client.ts';

/** Reports in PostgreSQL: the functions `report_message`, `end_report` and `forget_reports`. */
export function createReportStore({ prisma }: { prisma: PrismaClient }): ReportStore {
  return {
    report: (roomId, seq, userId, { reason, note = null }) =>
      written(
        async () => {
          const rows = await prisma.$queryRaw<{ answer: never }[]>`
            SELECT chat.report_message(${roomId}, ${seq}::bigint, ${userId}, ${reason}, ${note}) AS answer`;
          return rows[0]!.answer;
        },
        { idempotent: true },
      ),

    async list({ status, beforeId, limit }) {
      const rows = await prisma.$queryRaw<{ report: Report }[]>`
        SELECT chat.report_json(p) AS report FROM chat.reports p
        WHERE (${status}::text IS NULL OR p.status = ${status})
          AND (${beforeId}::bigint IS NULL OR p.report_id < ${beforeId}::bigint)
        ORDER BY p.report_id DESC LIMIT ${limit}::int`;
      return rows.map((row) => row.report);
    },

    async find(reportId) {
      const rows = await prisma.$queryRaw<{ report: Report }[]>`
        SELECT chat.report_json(p) AS report FROM chat.reports p WHERE p.report_id = ${reportId}::bigint`;
      return rows[0]?.report ?? null;
    },

    end: (reportId, { status, note = null }, byUserId) =>
      written(
        async () => {
          const rows = await prisma.$queryRaw<{ report: Report | null }[]>`
            SELECT chat.end_report(${reportId}::bigint, ${status}, ${note}, ${byUserId}) AS report`;
          return rows[0]!.report;
        },
        { idempotent: true },
      ),

    async forget(days, limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ gone: number }[]>`
          SELECT chat.forget_reports(${days}::int, ${limit}::int) AS gone`,
      );
      return rows[0]!.gone;
    },
  };
}

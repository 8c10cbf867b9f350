import { written } from '@gongu/host';
import { AppError, type Report } from '@gongu/shared';
import type { ReportStore } from '../room/ports/report-store.ts';
import type { PrismaClient } from './generated/client.ts';
import { boundOfReport, type SealedTexts } from './sealing/sealed-texts.ts';
import { openReports, type StoredReport } from './stored-report.ts';

/** How often what changed between reading and writing is done anew. */
const TRIES = 5;

/** Reports in PostgreSQL: the functions `report_message`, `end_report` and `forget_reports`. */
export function createReportStore({ prisma, texts }: { prisma: PrismaClient; texts: SealedTexts }): ReportStore {
  const opened = (rows: readonly { report: StoredReport }[]): Promise<Report[]> =>
    openReports(
      texts,
      rows.map(({ report }) => report),
    );

  async function stored(reportId: string): Promise<StoredReport | null> {
    const rows = await prisma.$queryRaw<{ report: StoredReport }[]>`
      SELECT chat.report_json(p) AS report FROM chat.reports p WHERE p.report_id = ${reportId}::bigint`;
    return rows[0]?.report ?? null;
  }

  return {
    async report(roomId, seq, userId, { reason, note = null }) {
      const answer = await written(
        async () => {
          for (let tries = 1; ; tries++) {
            const key = await texts.keyOf(roomId);
            const bound = boundOfReport('note', { roomId, reporterId: userId, seq });
            const kept = key && note ? key.seal(bound, note) : note;
            const rows = await prisma.$queryRaw<{ answer: { outcome: string; report?: StoredReport } }[]>`
              SELECT chat.report_message(${roomId}, ${seq}::bigint, ${userId}, ${reason}, ${kept},
                ${key?.keyNo ?? null}::int) AS answer`;
            if (rows[0]!.answer.outcome !== 'STALE') return rows[0]!.answer;
            if (tries === TRIES) throw new AppError('UNAVAILABLE', { detail: 'The room has another key' });
            texts.keys.forget(roomId);
          }
        },
        { idempotent: true },
      );
      if (!answer.report) return answer as never;
      return { ...answer, report: (await opened([{ report: answer.report }]))[0]! } as never;
    },

    async list({ status, beforeId, limit }) {
      return opened(
        await prisma.$queryRaw<{ report: StoredReport }[]>`
        SELECT chat.report_json(p) AS report FROM chat.reports p
        WHERE (${status}::text IS NULL OR p.status = ${status})
          AND (${beforeId}::bigint IS NULL OR p.report_id < ${beforeId}::bigint)
        ORDER BY p.report_id DESC LIMIT ${limit}::int`,
      );
    },

    async find(reportId) {
      const report = await stored(reportId);
      return report && (await opened([{ report }]))[0]!;
    },

    async end(reportId, { status, note = null }, byUserId) {
      const ended = await written(
        async () => {
          for (let tries = 1; tries <= TRIES; tries++) {
            const report = texts.keys.hasKeys ? await stored(reportId) : null;
            if (texts.keys.hasKeys && !report) return null;
            const text = report && (await resolution(texts, report, note));
            const rows = await prisma.$queryRaw<{ report: StoredReport | 0 | null }[]>`
              SELECT chat.end_report(${reportId}::bigint, ${status}, ${text ? text.kept : note}, ${byUserId},
                ${text?.same ?? null}::boolean, ${report?.resolution ?? null}, ${report?.keyNo ?? null}::int) AS report`;
            // 0: another resolution stands by now.
            if (rows[0]!.report !== 0) return rows[0]!.report;
          }
          throw new AppError('UNAVAILABLE', { detail: 'The report is being changed by others' });
        },
        { idempotent: true },
      );
      return ended && (await opened([{ report: ended }]))[0]!;
    },

    async forget(days, limit) {
      const rows = await written(
        () => prisma.$queryRaw<{ gone: number }[]>`
          SELECT chat.forget_reports(${days}::int, ${limit}::int) AS gone`,
      );
      return rows[0]!.gone;
    },
  };
}

/** What is said to the end of a report, in the form of its note: a report is sealed as a whole, or clear. */
async function resolution(texts: SealedTexts, report: StoredReport, note: string | null) {
  const { keyNo, resolution: standing } = report;
  if (keyNo === null) return { kept: note, same: standing === note };
  const bound = boundOfReport('resolution', report);
  const same = (standing && (await texts.openText(keyNo, bound, standing))) === note;
  if (!note) return { kept: note, same };
  return { kept: (await texts.keyBy(keyNo)).seal(bound, note), same };
}

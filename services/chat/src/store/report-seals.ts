import { written } from '@gongu/host';
import type { Pool } from 'pg';
import type { RoomKey } from './sealing/room-key.ts';
import { boundOf, boundOfReport, type SealedTexts, sealedFile } from './sealing/sealed-texts.ts';
import type { StoredReport } from './stored-report.ts';

/** As the index `reports_clear` has it. */
const NEXT_SQL = `SELECT chat.report_json(p) AS report FROM chat.reports p
  WHERE p.report_id > $1 AND (p.key_no IS NULL OR NOT p.message ? 'keyNo') ORDER BY p.report_id LIMIT $2`;

/** Seals reports that stand clear, also those of rooms that are no more. */
export function createReportSeals({ pool, texts }: { pool: Pool; texts: SealedTexts }) {
  return {
    /** At most `limit`, after an id. The last one's id; null: there are no more. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
    async sealNext(after: string, limit: number): Promise<string | null> {
      const { rows } = await pool.query<{ report: StoredReport }>({
        ...{ name: 'clear-reports', text: NEXT_SQL, values: [after, limit] },
      });
      const reports = rows.map(({ report }) => report);
      const found = await texts.keys.forWritingAnew(
        reports.map(({ roomId }) => roomId),
        true,
      );
      const sealed = reports.flatMap((report) => {
        const key = found.get(report.roomId);
        return key && !('outcome' in key) ? [sealedOf(report, key)] : [];
      });
      await written(
        () =>
          pool.query({
            name: 'seal-reports',
            text: 'SELECT chat.seal_reports($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[])',
            values: [
              sealed.map(({ reportId }) => reportId),
              sealed.map(({ seen }) => seen),
              sealed.map(({ keyNo }) => keyNo),
              sealed.map(({ note }) => note),
              sealed.map(({ resolution }) => resolution),
              sealed.map(({ message }) => JSON.stringify(message)),
            ],
          }),
        { idempotent: true },
      );
      return rows.length < limit ? null : reports.at(-1)!.reportId;
    },
  };
}

function sealedOf(report: StoredReport, key: RoomKey) {
  const { reportId, roomId, resolution, note, message } = report;
  const say = (what: 'note' | 'resolution', text: string | null) => text && key.seal(boundOfReport(what, report), text);
  const isSealed = report.keyNo !== null;
  return {
    ...{ reportId, seen: resolution, keyNo: report.keyNo ?? key.keyNo },
    note: isSealed ? note : say('note', note),
    resolution: isSealed ? resolution : say('resolution', resolution),
    message: message.keyNo === undefined ? sealedCopy(roomId, message, key) : message,
  };
}

function sealedCopy(roomId: string, message: StoredReport['message'], key: RoomKey): StoredReport['message'] {
  const { content, sender, clientMessageId = null, attachments } = message;
  const userId = sender?.userId ?? null;
  const place = { roomId, userId, clientMessageId };
  return {
    ...{ ...message, keyNo: key.keyNo },
    content: content === '' ? '' : key.seal(boundOf('content', place), content),
    ...('data' in message ? { data: key.seal(boundOf('data', place), JSON.stringify(message.data)) } : {}),
    ...(attachments ? { attachments: attachments.map((file) => sealedFile(key, file, userId)) } : {}),
  };
}

import { type AdminCommand, adminCommand, BY, columns, envFields, StartError } from '@gongu/host';
import { EndReport, type Report, ReportPath, ReportQuery } from '@gongu/shared';
import type { AdminContext } from './context.ts';

const { reportId } = ReportPath.shape;

/** Reported messages: as `/api/chat/reports` has them for admins. */
export const reportCommands: readonly AdminCommand<AdminContext>[] = [
  adminCommand({
    ...{ words: 'reports list', does: 'reported messages, newest first' },
    options: {
      status: ReportQuery.shape.status.describe('OPEN, RESOLVED or DISMISSED; else all'),
      before: reportId.optional().describe('those older than this report'),
      limit: envFields.int(50, { min: 1, max: 1_000 }).describe('at most so many (50)'),
    },
    async run({ reports }: AdminContext, { status = null, before = null, limit }) {
      const found = await reports.list({ status, beforeId: before, limit });
      const rows = found.map((one) => [one.reportId, one.status, one.createdAt, one.reason, one.roomId, one.seq]);
      return { json: { reports: found }, text: columns(rows, 'there are none') };
    },
  }),
  adminCommand({
    ...{ words: 'reports show', does: 'one report, with the message as it was', operands: { reportId } },
    async run({ reports }: AdminContext, given) {
      const report = await reports.find(given.reportId);
      if (!report) throw noSuchReport();
      return { json: report, text: JSON.stringify(report, null, 2) };
    },
  }),
  adminCommand({
    ...{ words: 'reports end', does: 'a report is dealt with', operands: { reportId } },
    options: {
      status: EndReport.shape.status.describe('RESOLVED or DISMISSED'),
      note: EndReport.shape.note.describe('what is said to it'),
      by: BY,
    },
    async run({ reports }: AdminContext, { reportId: id, status, note, by = null }) {
      const report: Report | null = await reports.end(id, { status, note }, by);
      if (!report) throw noSuchReport();
      return { json: report, text: `report ${id} is ${report.status}` };
    },
  }),
];

function noSuchReport(): StartError {
  return new StartError('there is no such report');
}

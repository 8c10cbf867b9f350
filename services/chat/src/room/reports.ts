import {
  AppError,
  type Attachment,
  type AttachmentLink,
  type EndReport,
  type Report,
  type ReportMessage,
  type ReportReceipt,
  type User,
} from '@gongu/shared';
import { type Caller, callerId, requireOperator } from './access.ts';
import type { ReportStore } from './ports/report-store.ts';
import { noSuchMessage, noSuchRoom } from './refusals.ts';

export interface ReportsOptions {
  readonly reports: ReportStore;
  /** Where files are for a while. */
  readonly linksTo: (attachments: readonly Attachment[]) => Promise<AttachmentLink[]>;
  /** Days after its end for which a report is kept. */
  readonly keptDays: number;
  /** Hears what was reported, and what became of it. */
  readonly onChange: (
    event: string,
    fields: { roomId: string; userId: string | null; byUserId: string | null; reportId: string },
  ) => void;
}

/** Reports removed by one statement. */
const PORTION = 500;

/** Reports of messages: made by members, dealt with by admins and the service. */
export function createReports({ reports, linksTo, keptDays, onChange }: ReportsOptions) {
  function tell(event: string, report: Report, byUserId: string | null): void {
    const { roomId, reportId, message } = report;
    onChange(event, { roomId, userId: message.sender?.userId ?? null, byUserId, reportId });
  }

  return {
    /**
     * Reports a message, with a copy of it as it is; once a user and message.
     * @throws AppError NOT_FOUND, NOT_A_MEMBER, BANNED, FORBIDDEN (an own message, or a SYSTEM row), MESSAGE_DELETED,
     *   UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async report(
      user: User,
      { roomId, seq }: { roomId: string; seq: number },
      body: ReportMessage,
    ): Promise<{ receipt: ReportReceipt; created: boolean }> {
      const answer = await reports.report(roomId, seq, user.userId, body);
      switch (answer.outcome) {
        case 'NOT_FOUND':
          throw noSuchRoom();
        case 'MESSAGE_NOT_FOUND':
          throw noSuchMessage();
        case 'FORBIDDEN':
          throw new AppError('FORBIDDEN', { detail: "One reports others' messages, and no SYSTEM ones" });
        case 'created':
        case 'same': {
          const created = answer.outcome === 'created';
          if (created) tell('report.created', answer.report, user.userId);
          const { reportId, createdAt } = answer.report;
          return { receipt: { reportId, createdAt }, created };
        }
        default:
          throw new AppError(answer.outcome);
      }
    },

    /** Newest first. @throws AppError FORBIDDEN, UNAVAILABLE */
    async list(caller: Caller, page: Parameters<ReportStore['list']>[0]): Promise<readonly Report[]> {
      requireOperator(caller);
      return reports.list(page);
    },

    /**
     * Where the files of the reported message are for a while, also when it was deleted.
     * @throws AppError FORBIDDEN, NOT_FOUND, UNAVAILABLE
     */
    async links(caller: Caller, reportId: string): Promise<AttachmentLink[]> {
      requireOperator(caller);
      const report = await reports.find(reportId);
      if (!report) throw noSuchReport();
      return linksTo(report.message.attachments ?? []);
    },

    /** @throws AppError FORBIDDEN, NOT_FOUND, UNAVAILABLE, UNKNOWN_OUTCOME */
    async end(caller: Caller, reportId: string, end: EndReport): Promise<Report> {
      requireOperator(caller);
      const byUserId = callerId(caller);
      const report = await reports.end(reportId, end, byUserId);
      if (!report) throw noSuchReport();
      tell(`report.${end.status.toLowerCase()}`, report, byUserId);
      return report;
    },

    /** Removes what ended long enough ago. */
    async forget(): Promise<void> {
      for (let gone = PORTION; gone >= PORTION; ) gone = await reports.forget(keptDays, PORTION);
    },
  };
}

export type Reports = ReturnType<typeof createReports>;

function noSuchReport(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such report' });
}

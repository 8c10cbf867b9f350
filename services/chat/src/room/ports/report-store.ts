import type { EndReport, Report, ReportMessage } from '@gongu/shared';
import type { Refusal } from './outcome.ts';

/** Reported messages, each with a copy. */
export interface ReportStore {
  /** 'same': this user reported that message before. */
  report(
    roomId: string,
    seq: number,
    userId: string,
    report: ReportMessage,
  ): Promise<
    | { readonly outcome: 'created' | 'same'; readonly report: Report }
    | Refusal<'NOT_FOUND' | 'MESSAGE_NOT_FOUND' | 'NOT_A_MEMBER' | 'BANNED' | 'FORBIDDEN' | 'MESSAGE_DELETED'>
  >;
  /** Newest first; `status` null: whatever it is. */
  list(page: {
    readonly status: string | null;
    readonly beforeId: string | null;
    readonly limit: number;
  }): Promise<readonly Report[]>;
  /** Null: there is none. */
  find(reportId: string): Promise<Report | null>;
  /** Null: there is none. `byUserId` null: the service. */
  end(reportId: string, end: EndReport, byUserId: string | null): Promise<Report | null>;
  /** Removes those that ended so many days ago, at most `limit`; how many went. */
  forget(days: number, limit: number): Promise<number>;
}

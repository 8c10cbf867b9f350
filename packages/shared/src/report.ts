import { z } from 'zod';
import { Attachment } from './attachment.ts';
import { MessageKind } from './chat-message.ts';
import { LIMITS } from './limits.ts';
import { ListQuery } from './page.ts';
import { text } from './text.ts';
import { PublicUser } from './user.ts';

const ReportStatus = z.enum(['OPEN', 'RESOLVED', 'DISMISSED']);

/** Body of `POST …/messages/:seq/reports`. */
export const ReportMessage = z
  .object({
    reason: z.enum(['SPAM', 'ABUSE', 'FRAUD', 'OTHER']),
    note: text(LIMITS.reasonChars).nullish(),
  })
  .meta({ id: 'ReportMessage' });
export type ReportMessage = z.output<typeof ReportMessage>;

/** Its answer: what one who reports is told of it. */
export const ReportReceipt = z.object({ reportId: z.string(), createdAt: z.string() }).meta({ id: 'ReportReceipt' });
export type ReportReceipt = z.output<typeof ReportReceipt>;

/** A report, for those who deal with it. */
export const Report = z
  .object({
    reportId: z.string(),
    roomId: z.string(),
    seq: z.int(),
    reporterId: z.string(),
    reason: z.string(),
    note: z.string().nullable(),
    status: ReportStatus,
    /** A copy of the message as it was when it was reported, whatever became of it. */
    message: z.object({
      kind: MessageKind,
      sender: PublicUser.nullable(),
      content: z.string(),
      data: z.unknown().optional(),
      /** Its files, which stay as long as the report does. */
      attachments: z.array(Attachment).optional(),
      version: z.int(),
      createdAt: z.string(),
      editedAt: z.string().optional(),
      /** Only where its texts can not be read: then `content` is empty. */
      unreadable: z.literal(true).optional(),
    }),
    createdAt: z.string(),
    endedAt: z.string().nullable(),
    /** Who ended it; null: the service, or nobody yet. */
    endedBy: z.string().nullable(),
    resolution: z.string().nullable(),
  })
  .meta({ id: 'Report' });
export type Report = z.output<typeof Report>;

/** `?status=&limit=&cursor=` of reports. */
export const ReportQuery = ListQuery.extend({ status: ReportStatus.optional() });

/** Body of `PATCH /api/chat/reports/:reportId`. */
export const EndReport = z
  .object({ status: ReportStatus.exclude(['OPEN']), note: text(LIMITS.reasonChars).nullish() })
  .meta({ id: 'EndReport' });
export type EndReport = z.output<typeof EndReport>;

export const ReportPath = z.object({
  reportId: z.string().regex(/^[1-9][0-9]{0,14}$/, { error: 'must be the id of a report' }),
});

import type { Report } from '@gongu/shared';
import type { MessageJson, StoredAttachment } from './rows.ts';
import { boundOfReport, type SealedTexts } from './sealing/sealed-texts.ts';

type Copy = Report['message'];

/** A report as it is kept, what the function `report_json` makes of a row: `keyNo` says with which keys its texts are sealed. */
export type StoredReport = Omit<Report, 'message'> & {
  keyNo: number | null;
  message: Omit<Copy, 'attachments'> & {
    keyNo?: number;
    clientMessageId?: string | null;
    attachments?: StoredAttachment[];
  };
};

/**
 * Reports as the wire shows them. Of one whose key can not be opened all is shown but its texts: who deals with reports must see the
 * others, and that there is this one.
 */
export async function openReports(texts: SealedTexts, reports: readonly StoredReport[]): Promise<Report[]> {
  const rows = reports.map(rowOf);
  await texts.openWritten(rows);
  const out: Report[] = [];
  for (const [i, { keyNo, message, ...report }] of reports.entries()) {
    const row = rows[i]!;
    const { keyNo: _, clientMessageId: __, data: ___, ...copy } = message;
    const open = async (what: 'note' | 'resolution', text: string | null) =>
      text && (await texts.openText(keyNo, boundOfReport(what, report), text).catch(() => null));
    out.push({
      ...report,
      note: await open('note', report.note),
      resolution: await open('resolution', report.resolution),
      message: {
        ...copy,
        content: row.content,
        ...('data' in message && !row.unreadable ? { data: row.data } : {}),
        ...(row.change?.attachments ? { attachments: row.change.attachments } : {}),
        ...(row.unreadable ? { unreadable: true } : {}),
      },
    });
  }
  return out;
}

/** The copy as the row that it was. */
function rowOf({ roomId, seq, message }: StoredReport): MessageJson {
  const { sender, attachments, keyNo = null } = message;
  return {
    ...{ roomId, seq, keyNo, chatNo: 0, kind: message.kind, content: message.content, data: message.data },
    ...{ senderId: sender?.userId ?? null, senderNickname: null, senderTag: null, replyTo: null },
    ...{ clientMessageId: message.clientMessageId ?? null, createdAt: message.createdAt },
    change: attachments
      ? { version: null, editedAt: null, deletedAt: null, reactions: null, attachments, of: null }
      : null,
  };
}

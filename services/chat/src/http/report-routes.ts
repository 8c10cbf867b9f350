import { createCursor, type Http, OF_CALLER, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import {
  AttachmentLinks,
  EndReport,
  listOf,
  MessagePath,
  Report,
  ReportMessage,
  ReportPath,
  ReportQuery,
  ReportReceipt,
} from '@gongu/shared';
import { z } from 'zod';
import type { Reports } from '../room/reports.ts';
import type { RoutesOptions } from './routes-options.ts';

/** The last one's id. */
const ids = createCursor(z.tuple([z.string()]), 'reports');

const ReportList = listOf(Report).meta({ id: 'ReportList' });

/** `…/messages/:seq/reports` and `/api/chat/reports`. */
export function reportRoutes(
  app: Http,
  { reports, identify }: Pick<RoutesOptions, 'identify'> & { readonly reports: Reports },
): void {
  app.post(
    '/api/chat/rooms/:roomId/messages/:seq/reports',
    {
      schema: {
        tags: ['reports'],
        security: [{ user: [] }],
        operationId: 'reportMessage',
        summary: "Report somebody else's message (member); a copy of it is kept apart",
        params: MessagePath,
        body: ReportMessage,
        response: {
          200: ReportReceipt,
          201: ReportReceipt,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_A_MEMBER',
            'BANNED',
            'NOT_FOUND',
            'MESSAGE_DELETED',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      const user = await identify.user(request);
      const { receipt, created } = await reports.report(user, request.params, request.body);
      return reply.status(created ? 201 : 200).send(receipt);
    },
  );

  app.get(
    '/api/chat/reports',
    {
      schema: {
        tags: ['reports'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listReports',
        summary: 'Reports, newest first (admin, service)',
        querystring: ReportQuery,
        response: { 200: ReportList, ...problems(...OF_CALLER, 'FORBIDDEN') },
      },
    },
    async (request) => {
      const { limit, cursor, status = null } = request.query;
      const beforeId = ids.decode(cursor, status)?.[0] ?? null;
      const found = await reports.list(await identify.caller(request), { status, beforeId, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: ids.encode(last ? [last.reportId] : null, status) };
    },
  );

  app.get(
    '/api/chat/reports/:reportId/attachments',
    {
      schema: {
        tags: ['reports'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listReportAttachments',
        summary: 'Where the files of a reported message are, for 5 minutes, whatever became of it (admin, service)',
        params: ReportPath,
        response: { 200: AttachmentLinks, ...problems(...OF_CALLER, 'FORBIDDEN', 'NOT_FOUND') },
      },
    },
    async (request) => ({
      items: await reports.links(await identify.caller(request), request.params.reportId),
    }),
  );

  app.patch(
    '/api/chat/reports/:reportId',
    {
      schema: {
        tags: ['reports'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'endReport',
        summary: 'Resolve or dismiss a report (admin, service)',
        params: ReportPath,
        body: EndReport,
        response: {
          200: Report,
          ...problems(...OF_CALLER, ...OF_WRITER, 'FORBIDDEN', 'NOT_FOUND', 'RATE_LIMITED'),
        },
      },
    },
    async (request) => reports.end(await identify.caller(request), request.params.reportId, request.body),
  );
}

import { type Http, OF_CALLER, OF_ONE_KIND, OF_WRITER, problems } from '@gongu/host';
import {
  AnnounceUpload,
  Attachment,
  AttachmentLink,
  AttachmentLinks,
  AttachmentPath,
  AttachmentsQuery,
  RoomPath,
  Upload,
  UploadPath,
} from '@gongu/shared';
import type { Uploads } from '../room/uploads.ts';
import type { RoutesOptions } from './routes-options.ts';

/** `…/uploads` and `…/attachments`. */
export function uploadRoutes(
  app: Http,
  { uploads, identify }: Pick<RoutesOptions, 'identify'> & { readonly uploads: Uploads },
): void {
  app.post(
    '/api/chat/rooms/:roomId/uploads',
    {
      schema: {
        tags: ['files'],
        security: [{ user: [] }],
        operationId: 'announceUpload',
        summary: 'Announce a file (member); the answer says how to put it in its place, within 15 minutes',
        params: RoomPath,
        body: AnnounceUpload,
        response: {
          201: Upload,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_A_MEMBER',
            'NOT_FOUND',
            'BANNED',
            'MUTED',
            'ROOM_READ_ONLY',
            'UPLOAD_REFUSED',
            'CONTENT_REFUSED',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request, reply) => {
      const user = await identify.user(request);
      return reply.status(201).send(await uploads.announce(user, request.params.roomId, request.body));
    },
  );

  app.post(
    '/api/chat/rooms/:roomId/uploads/:uploadId/complete',
    {
      // It waits for a file to be looked at, and would keep others from PostgreSQL meanwhile.
      config: { queued: false },
      schema: {
        tags: ['files'],
        security: [{ user: [] }],
        operationId: 'completeUpload',
        summary: 'Have a file looked at that was put in its place (its uploader); the same again gets the same answer',
        params: UploadPath,
        response: {
          200: Attachment,
          ...problems(
            ...OF_ONE_KIND,
            ...OF_WRITER,
            'NOT_A_MEMBER',
            'BANNED',
            'NOT_FOUND',
            'CONFLICT',
            'UPLOAD_REFUSED',
            'RATE_LIMITED',
          ),
        },
      },
    },
    async (request) => {
      const { roomId, uploadId } = request.params;
      return uploads.complete(await identify.user(request), roomId, uploadId);
    },
  );

  app.get(
    '/api/chat/rooms/:roomId/attachments/:attachmentId',
    {
      schema: {
        tags: ['files'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'getAttachment',
        summary: 'Where a file of a message is, for 5 minutes',
        params: AttachmentPath,
        response: { 200: AttachmentLink, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const { roomId, attachmentId } = request.params;
      return uploads.link(await identify.caller(request), roomId, attachmentId);
    },
  );

  app.get(
    '/api/chat/rooms/:roomId/attachments',
    {
      schema: {
        tags: ['files'],
        security: [{ user: [] }, { service: [] }],
        operationId: 'listAttachments',
        summary: 'Where several files of messages are, for 5 minutes; those that are not there are left out',
        params: RoomPath,
        querystring: AttachmentsQuery,
        response: { 200: AttachmentLinks, ...problems(...OF_CALLER, 'NOT_A_MEMBER', 'BANNED', 'NOT_FOUND') },
      },
    },
    async (request) => {
      const caller = await identify.caller(request);
      return { items: await uploads.links(caller, request.params.roomId, request.query.ids.split(',')) };
    },
  );
}

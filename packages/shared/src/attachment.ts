import { z } from 'zod';
import { RoomId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { filledLine } from './line.ts';

/** A file of a message. A picture has its size and a thumbnail; anything else is there to be saved. */
export const Attachment = z
  .object({
    id: z.string(),
    name: z.string(),
    /** What it is by its content: `image/jpeg`, `application/pdf`, … */
    type: z.string(),
    bytes: z.int(),
    /** Pixels, turned upright. */
    width: z.int().optional(),
    height: z.int().optional(),
    thumbnail: z.object({ width: z.int(), height: z.int(), blurhash: z.string() }).optional(),
  })
  .meta({ id: 'Attachment' });
export type Attachment = z.output<typeof Attachment>;

/** An attachment's id, and its upload's. */
const FileId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'must be the id of a file' });

/** `attachments` of a message that is sent: completed uploads, each once. */
export const AttachmentIds = z
  .array(FileId)
  .max(LIMITS.attachments, { error: `must have at most ${LIMITS.attachments} files` })
  .refine((ids) => new Set(ids).size === ids.length, { error: 'must have each file once' })
  .meta({ uniqueItems: true });

/** Body of `POST …/uploads`: what is about to be uploaded. */
export const AnnounceUpload = z
  .object({
    name: filledLine(LIMITS.fileNameChars),
    type: z
      .string()
      .max(255, { error: 'must have at most 255 characters' })
      .regex(/^[\w!#$&^.+-]{1,63}\/[\w!#$&^.+-]{1,63}(\s*;[ -~]*)?$/, { error: 'must be a media type, as image/png' })
      .meta({ description: 'its parameters are left out' }),
    bytes: z.int({ error: 'must be a whole number' }).min(1, { error: 'must be at least 1: the file is empty' }),
  })
  .meta({ id: 'AnnounceUpload' });
export type AnnounceUpload = z.output<typeof AnnounceUpload>;

/** Its answer: a request that puts the file in its place, once, without a token. */
export const Upload = z
  .object({
    uploadId: z.string(),
    method: z.literal('PUT'),
    /** Absolute, or a path of the service. */
    url: z.string(),
    /** To be sent as they are. */
    headers: z.record(z.string(), z.string()),
    expiresAt: z.string(),
  })
  .meta({ id: 'Upload' });
export type Upload = z.output<typeof Upload>;

/** Where an attachment's bytes are for a while; URLs are absolute, or paths of the service. */
export const AttachmentLink = z
  .object({ id: z.string(), url: z.string(), thumbnailUrl: z.string().optional(), expiresAt: z.string() })
  .meta({ id: 'AttachmentLink' });
export type AttachmentLink = z.output<typeof AttachmentLink>;

/** Those of `?ids=` that are there, in its order. */
export const AttachmentLinks = z.object({ items: z.array(AttachmentLink) }).meta({ id: 'AttachmentLinks' });
export type AttachmentLinks = z.output<typeof AttachmentLinks>;

export const UploadPath = z.object({ roomId: RoomId, uploadId: FileId });
export const AttachmentPath = z.object({ roomId: RoomId, attachmentId: FileId });

/** `?ids=`: 1 to 100, with commas between them. */
export const AttachmentsQuery = z.object({
  ids: z.string().regex(/^[A-Za-z0-9-]{1,64}(?:,[A-Za-z0-9-]{1,64}){0,99}$/, {
    error: 'must be 1 to 100 ids of files with commas between them',
  }),
});

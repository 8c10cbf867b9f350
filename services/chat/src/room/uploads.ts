import {
  type AnnounceUpload,
  AppError,
  type Attachment,
  type AttachmentLink,
  type FileRefusal,
  LIMITS,
  type Upload,
  type User,
} from '@gongu/shared';
import { type Caller, callerId } from './access.ts';
import { fileKeys } from './file-keys.ts';
import type { ContentFilter } from './filter/content-filter.ts';
import type { Messages } from './messages.ts';
import type { FileInspector } from './ports/file-inspector.ts';
import type { FileStore } from './ports/file-store.ts';
import type { UploadStore } from './ports/upload-store.ts';
import { noSuchRoom } from './refusals.ts';

export type UploadOutcome = 'announced' | 'completed' | 'refused';

export interface UploadsOptions {
  readonly uploads: UploadStore;
  readonly files: FileStore;
  readonly inspector: FileInspector;
  readonly messages: Pick<Messages, 'requireReader'>;
  /** Of names. @default all are taken */
  readonly filter?: Pick<ContentFilter, 'applyTo'>;
  /** Why a file of an announced type is not taken; null: it may be. */
  readonly refusalOfType: (type: string) => { readonly detail: string; readonly reason: FileRefusal } | null;
  /** Largest file; 0: none is taken. */
  readonly maxBytes: number;
  /** Files a user may announce in an hour; 0: any number. */
  readonly perHour: number;
  /** Bytes that all files of a user may have together; 0: any number. */
  readonly userBytes: number;
  readonly newId: () => string;
  /** Hears what becomes of files. */
  readonly onOutcome: (outcome: UploadOutcome) => void;
  /** Milliseconds of 1970. */
  readonly now: () => number;
}

/** Milliseconds for which a file may be put in its place. */
const PUT_MS = 15 * 60_000;
/** Milliseconds for which a link shows a file. */
const LINK_MS = 5 * 60_000;
/** Milliseconds after which what came in is of no use: its upload is completed or given up by then. */
const INCOMING_MS = 65 * 60_000;
/** Rows of one statement. */
const PORTION = 100;

/** Types that a browser may show by itself; all others it is told to save. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/** What names of files of a type end with. */
const ENDINGS: Readonly<Record<string, string>> = {
  ...{ 'image/jpeg': 'jpg jpeg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' },
  // Containers of several say not of which: what an .m4a begins with is often that of an .mp4.
  ...{
    'application/pdf': 'pdf',
    'video/mp4': 'mp4 m4v m4a m4b',
    'video/quicktime': 'mov qt',
    'video/webm': 'webm weba',
  },
  ...{ 'video/x-matroska': 'mkv mka', 'video/ogg': 'ogv ogg', 'audio/ogg': 'ogg oga opus', 'audio/mp4': 'm4a m4b mp4' },
  ...{ 'audio/mpeg': 'mp3 mp2', 'audio/aac': 'aac', 'audio/flac': 'flac', 'audio/wav': 'wav', 'audio/amr': 'amr' },
  ...{ 'video/x-msvideo': 'avi', 'video/mp2t': 'ts mts m2ts m2t', 'video/mpeg': 'mpg mpeg vob', 'video/x-flv': 'flv' },
  ...{ 'video/x-ms-asf': 'wmv wma asf', 'video/3gpp': '3gp 3gpp m4a', 'video/3gpp2': '3g2', 'audio/amr-wb': 'amr awb' },
  ...{ 'audio/aiff': 'aiff aif aifc', 'audio/x-caf': 'caf', 'audio/midi': 'mid midi', 'audio/basic': 'au snd' },
};

/** Files of messages: announced, put into the file store by the client itself, looked at, and taken by a message. */
export function createUploads(options: UploadsOptions) {
  const {
    uploads,
    files,
    inspector,
    messages,
    filter,
    refusalOfType,
    maxBytes,
    perHour,
    userBytes,
    newId,
    onOutcome,
    now,
  } = options;

  async function linkOf({ id, name, type, thumbnail }: Attachment): Promise<AttachmentLink> {
    const expiresAtMs = now() + LINK_MS;
    const keys = fileKeys(id);
    const isShown = SHOWN.has(type);
    const disposition = `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${percentEncoded(name)}`;
    const small = { type: 'image/webp', disposition: 'inline', expiresAtMs };
    const [url, thumbnailUrl] = await Promise.all([
      files.signGet(keys.file, { type, disposition, expiresAtMs }),
      thumbnail ? files.signGet(keys.thumbnail, small) : undefined,
    ]);
    const expiresAt = new Date(expiresAtMs).toISOString();
    return { id, url, ...(thumbnailUrl === undefined ? {} : { thumbnailUrl }), expiresAt };
  }

  /** Where these files are for a while, for whoever may see them. */
  const linksTo = (attachments: readonly Attachment[]) => Promise.all(attachments.map(linkOf));

  return {
    /**
     * Announces a file that a member is about to upload.
     * @throws AppError UPLOAD_REFUSED (too large, alone or with what he has; a type that is not taken), CONTENT_REFUSED (its name), NOT_FOUND, NOT_A_MEMBER, BANNED, MUTED,
     *   ROOM_READ_ONLY, RATE_LIMITED, UNAVAILABLE, UNKNOWN_OUTCOME
     */
    async announce(user: User, roomId: string, file: AnnounceUpload): Promise<Upload> {
      const { bytes } = file;
      // A recorder says its codecs too (`audio/webm;codecs=opus`).
      const type = file.type.replace(/\s*;.*$/s, '');
      if (maxBytes === 0) throw refused('OFF', 'No files are taken here');
      if (bytes > maxBytes) throw refused('TOO_LARGE', `The file has ${bytes} bytes; at most ${maxBytes} are taken`);
      const refusal = refusalOfType(type);
      if (refusal !== null) throw refused(refusal.reason, refusal.detail);
      const called = fileName(file.name);
      const name = filter?.applyTo({ content: called }).content ?? called;
      const uploadId = newId();
      const upload = { ...file, type, name, uploadId, roomId, userId: user.userId };
      const answer = await uploads.announce(upload, perHour, userBytes);
      if (answer.outcome === 'NOT_FOUND') throw noSuchRoom();
      if (answer.outcome === 'RATE_LIMITED') {
        const detail = `At most ${perHour} files an hour are taken`;
        throw new AppError('RATE_LIMITED', { detail, retryAfterMs: answer.waitMs });
      }
      if (answer.outcome === 'TOO_MANY_BYTES') {
        const has = `you have ${answer.bytes} of ${userBytes}`;
        throw refused('QUOTA', `The file has ${bytes} bytes; ${has}: delete messages with files first`);
      }
      if (answer.outcome !== 'announced') throw new AppError(answer.outcome);
      onOutcome('announced');
      const expiresAtMs = now() + PUT_MS;
      const put = await files.signPut(fileKeys(uploadId).incoming, { type, bytes, expiresAtMs });
      return { uploadId, method: 'PUT', ...put, expiresAt: new Date(expiresAtMs).toISOString() };
    },

    /**
     * Looks at what was uploaded. The same again gets the same answer. Of what is refused nothing is kept.
     * @throws AppError NOT_FOUND (no such upload of his), NOT_A_MEMBER, BANNED, CONFLICT (nothing was put there yet), UPLOAD_REFUSED (also where that can no longer be), UNAVAILABLE,
     *   UNKNOWN_OUTCOME
     */
    async complete(user: User, roomId: string, uploadId: string): Promise<Attachment> {
      // Who is banned is not worked for.
      await messages.requireReader({ kind: 'user', user }, roomId);
      const upload = await uploads.find(roomId, user.userId, uploadId);
      if (!upload) throw noSuchUpload();
      if (upload.attachment) return upload.attachment;
      if (upload.state !== 'PENDING') throw refused('GONE', 'The file was refused or given up: announce it anew');
      const { name, type, bytes } = upload;
      const found = await inspector.inspect({ uploadId, type, bytes });
      if (found.outcome === 'MISSING') {
        if (upload.ageMs > PUT_MS) throw refused('GONE', 'Nothing was uploaded in its time: announce the file anew');
        throw new AppError('CONFLICT', { detail: 'Nothing was uploaded yet: PUT the file to its url first' });
      }
      if (found.outcome === 'REFUSED') {
        await uploads.refuse(uploadId);
        onOutcome('refused');
        throw refused(found.reason, found.detail);
      }
      const attachment: Attachment = { id: uploadId, name: fitting(name, found.kept.type), ...found.kept };
      if (await uploads.ready({ roomId, userId: user.userId }, attachment)) {
        onOutcome('completed');
        return attachment;
      }
      // Somebody else completed it meanwhile, or it was given up and its bytes removed, perhaps before these were kept.
      const since = await uploads.find(roomId, user.userId, uploadId);
      if (since?.attachment) return since.attachment;
      if (since?.state !== 'HELD') await files.remove(Object.values(fileKeys(uploadId)));
      throw refused('GONE', 'The file was refused or given up: announce it anew');
    },

    /**
     * Where files of messages are for a while, for whoever may read the room's pages; and one's own before they are sent.
     * Of those that are not there, nothing.
     * @throws AppError NOT_FOUND (no such room), NOT_A_MEMBER, BANNED, UNAVAILABLE
     */
    async links(caller: Caller, roomId: string, ids: readonly string[]): Promise<AttachmentLink[]> {
      await messages.requireReader(caller, roomId);
      const userId = callerId(caller);
      const found = new Map((await uploads.attachments(roomId, userId, ids)).map((one) => [one.id, one]));
      return linksTo([...new Set(ids)].flatMap((id) => found.get(id) ?? []));
    },

    linksTo,

    /** The same of one. @throws AppError as `links`, and NOT_FOUND where there is no such file */
    async link(caller: Caller, roomId: string, id: string): Promise<AttachmentLink> {
      const [link] = await this.links(caller, roomId, [id]);
      if (!link) throw new AppError('NOT_FOUND', { detail: 'There is no such file in the room' });
      return link;
    },

    /** Removes the bytes of what was refused, given up or deleted. What a killed process left undone is done here. */
    async removeGone(): Promise<void> {
      for (;;) {
        const gone = await uploads.gone(PORTION);
        if (gone.length === 0) return;
        await files.remove(gone.flatMap((id) => Object.values(fileKeys(id))));
        await uploads.removed(gone);
      }
    },

    /** Gives up what nobody completed within an hour, or took within a day; and sweeps what came in after it was of any use. */
    async expire(): Promise<void> {
      while (await uploads.expire(PORTION));
      await files.sweep(now() - INCOMING_MS);
    },
  };
}

export type Uploads = ReturnType<typeof createUploads>;

/** What turns the direction of writing: a name would seem to end otherwise than it does. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What a file is called wherever it is saved: in no folder, with Korean syllables whole (Macs write their letters apart). */
function fileName(name: string): string {
  const last = name.normalize('NFC').replace(TURNS, '').split(/[/\\]/).at(-1)!.trim();
  return /^\.*$/.test(last) ? 'file' : shortened(last, LIMITS.fileNameChars);
}

/** A file is opened by what its name ends with: one that is a PDF by its first bytes must not be saved as HTML. */
function fitting(name: string, type: string): string {
  const endings = ENDINGS[type]?.split(' ') ?? [];
  const [, ending = ''] = /\.(\w+)$/.exec(name.toLowerCase()) ?? [];
  if (endings.length === 0 || endings.includes(ending)) return name;
  const added = `.${endings[0]}`;
  return shortened(name, LIMITS.fileNameChars - added.length) + added;
}

function shortened(name: string, chars: number): string {
  return [...name].slice(0, chars).join('');
}

function refused(reason: FileRefusal, detail: string): AppError {
  return new AppError('UPLOAD_REFUSED', { detail, refusal: reason });
}

function noSuchUpload(): AppError {
  return new AppError('NOT_FOUND', { detail: 'There is no such upload of yours in the room' });
}

/** RFC 8187: what is no `attr-char` is percent-encoded, so that the header is ASCII whatever a file is called. */
function percentEncoded(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

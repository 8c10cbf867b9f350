import type { AnnounceUpload, Attachment } from '@gongu/shared';
import type { Refusal } from './outcome.ts';

/** A file on its way. */
export interface UploadRow {
  readonly uploadId: string;
  readonly state: 'PENDING' | 'READY' | 'TAKEN' | 'HELD' | 'GONE';
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  /** Milliseconds since it was announced. */
  readonly ageMs: number;
  /** Of what is READY or TAKEN. */
  readonly attachment: Attachment | null;
}

/** Files, from their announcement to the end of their bytes. */
export interface UploadStore {
  /**
   * @param perHour how many a user may announce in an hour; 0: any number
   * @param userBytes bytes that all files of a user may have together; 0: any number
   */
  announce(
    upload: AnnounceUpload & { readonly uploadId: string; readonly roomId: string; readonly userId: string },
    perHour: number,
    userBytes?: number,
  ): Promise<
    | { readonly outcome: 'announced' }
    | { readonly outcome: 'RATE_LIMITED'; readonly waitMs: number }
    /** `bytes`: what the user has. */
    | { readonly outcome: 'TOO_MANY_BYTES'; readonly bytes: number }
    | Refusal<'NOT_FOUND' | 'NOT_A_MEMBER' | 'BANNED' | 'MUTED' | 'ROOM_READ_ONLY'>
  >;
  /** A user's upload of a room; null: there is none. */
  find(roomId: string, userId: string, uploadId: string): Promise<UploadRow | null>;
  /** A PENDING one becomes READY; false: it is none any more. */
  ready(of: { readonly roomId: string; readonly userId: string }, attachment: Attachment): Promise<boolean>;
  /** A PENDING one is given up. */
  refuse(uploadId: string): Promise<void>;
  /** Of these, those of messages of the room, and a user's own that are READY; `userId` null: of messages alone. */
  attachments(roomId: string, userId: string | null, ids: readonly string[]): Promise<readonly Attachment[]>;
  /** Gives up what nobody completed or took in time, at most `limit`; whether there may be more. */
  expire(limit: number): Promise<boolean>;
  /** Those whose bytes are to be removed, at most `limit`. */
  gone(limit: number): Promise<readonly string[]>;
  /** Their bytes are removed. */
  removed(uploadIds: readonly string[]): Promise<void>;
}

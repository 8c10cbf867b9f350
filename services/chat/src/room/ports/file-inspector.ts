import type { Attachment, FileRefusal } from '@gongu/shared';

/** What is kept of a file that was looked at, as a message shows it; its id and name are the upload's. */
export type Kept = Omit<Attachment, 'id' | 'name'>;

/** 'MISSING': nothing was put there. 'REFUSED': `detail` says why, and what would be right. */
export type Inspected =
  | { readonly outcome: 'kept'; readonly kept: Kept }
  | { readonly outcome: 'MISSING' }
  | { readonly outcome: 'REFUSED'; readonly detail: string; readonly reason: FileRefusal };

/** Looks at what was uploaded, and keeps what may be shown of it: at `files/…`, with its thumbnail. */
export interface FileInspector {
  /** @throws AppError UNAVAILABLE: nobody could look */
  inspect(upload: { readonly uploadId: string; readonly type: string; readonly bytes: number }): Promise<Inspected>;
  close(): Promise<void>;
}

import type { S3Place } from './s3-store.ts';

/** Where files are: an S3, or a folder of this machine. Plain data: it is handed to another thread. */
export type FilePlace =
  | { readonly kind: 's3'; readonly s3: S3Place }
  | { readonly kind: 'folder'; readonly folder: string };

/** What the thread that looks at files is begun with. */
export interface WorkerData {
  readonly place: FilePlace;
  /** Who is asked about each file; null: nobody. */
  readonly scanUrl: string | null;
}

import type { FilePlace } from '@gongu/host';

/** What the thread that looks at files is begun with. */
export interface WorkerData {
  readonly place: FilePlace;
  /** Who is asked about each file; null: nobody. */
  readonly scanUrl: string | null;
}

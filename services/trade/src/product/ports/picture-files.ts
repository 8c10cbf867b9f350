import type { FileRefusal } from '@gongu/shared';

/**
 * Where the bytes of pictures are. Whatever fails for a reason of the store's own rejects with AppError UNAVAILABLE.
 */
export interface PictureFiles {
  /** Puts bytes there, whatever was. */
  write(key: string, bytes: Uint8Array, type: string): Promise<void>;
  /** Null: nothing is there. Whoever gets it reads it to its end, or destroys it. */
  open(key: string): Promise<{ readonly bytes: number; readonly body: NodeJS.ReadableStream } | null>;
  /** Removes what is there of these. */
  remove(keys: readonly string[]): Promise<void>;
}

/** A picture as it is kept. */
export interface KeptPicture {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** WebP. */
  readonly thumbnail: Uint8Array;
}

/** Looks at what was uploaded. `detail` says why it is not taken, and what would be right; `reason` the first, for programs. */
export type LookAtPicture = (
  bytes: Uint8Array,
) => Promise<
  | { readonly outcome: 'kept'; readonly picture: KeptPicture }
  | { readonly outcome: 'refused'; readonly detail: string; readonly reason: FileRefusal }
>;

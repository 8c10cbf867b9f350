import type { Picture } from '@gongu/shared';
import type { KeptPicture } from './picture-files.ts';

/** Pictures, from their announcement to the end of their bytes. */
export interface PictureStore {
  /**
   * @param digest of the bytes
   * @param perHour how many a user may upload in an hour; null: any number
   * @param userBytes bytes that all pictures of a user may have together; null: any number
   */
  begin(
    picture: { readonly id: string; readonly userId: string; readonly digest: Uint8Array; readonly bytes: number },
    perHour: number | null,
    userBytes: number | null,
  ): Promise<
    | { readonly outcome: 'begun' | 'taken' }
    /** The same was uploaded before. */
    | { readonly outcome: 'kept'; readonly picture: Picture }
    /** `amount`: milliseconds until the next may come, or bytes that the user has. */
    | { readonly outcome: 'too_many' | 'too_large'; readonly amount: number }
  >;
  /** It was looked at, and its bytes are there; null: it was given up meanwhile. */
  keep(id: string, kept: Omit<KeptPicture, 'thumbnail'>): Promise<Picture | null>;
  /** Forgets one that was begun. */
  refuse(id: string): Promise<void>;
  /** At most `limit` that no product has, and whose bytes are to be removed: those that one had at once, others after a day. */
  loose(limit: number): Promise<readonly string[]>;
  /** Their bytes are removed. */
  removed(ids: readonly string[]): Promise<void>;
}

import type { PublicUser } from '@gongu/shared';

/** Tags of anonymous nicknames. */
export interface TagStore {
  /**
   * A tag of 4 digits that this nickname does not have yet; null when it has all of them. `visitor`: it is free again when
   * the visit is over.
   */
  claim(nickname: string, owner: { readonly userId: string; readonly visitor: boolean }): Promise<string | null>;
  /** Notes that somebody's tag is in use, for longer than a visit. False: it became free, and is another one's now. */
  keep(user: PublicUser): Promise<boolean>;
}

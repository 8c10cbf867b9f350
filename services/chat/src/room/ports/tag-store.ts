/** Tags of anonymous nicknames. */
export interface TagStore {
  /** A tag of 4 digits that this nickname does not have yet; null when it has all of them. */
  claim(nickname: string): Promise<string | null>;
}

import type { RoomChange } from './outcome.ts';

/** Memberships of sockets that came without a token, each with the time at which it was last seen. */
export interface VisitorStore {
  /** Notes that these are there now. Who is no visitor is left as he is. */
  seen(places: readonly { readonly roomId: string; readonly userId: string }[]): Promise<void>;
  /** Rooms with visitors who were not seen for `graceS` seconds, at most `limit`. */
  roomsWithGone(graceS: number, limit: number): Promise<readonly string[]>;
  /** Ends their memberships in a room, at most `limit`. Null: there is no such room. */
  end(roomId: string, graceS: number, limit: number): Promise<RoomChange<'left' | 'same'> | null>;
  /**
   * Removes what says nothing any more, at most `limit` of a kind: who left a room lately; restrictions
   * that have run out; tags of visitors who are gone,
   * and those whose tokens can't be renewed any more. Returns the most that went of a kind.
   */
  forget(options: { readonly renewDays: number; readonly graceS: number; readonly limit: number }): Promise<number>;
}

import type { StoredMessage } from './stored-message.ts';

/** What is looked for. */
export interface Wanted {
  /** As `searchForm` makes it, 2 characters and more. */
  readonly form: string;
  readonly limit: number;
}

/** A place among the messages of several rooms: by time, then by room, then by `seq`. */
export interface SearchPlace {
  /** ISO 8601, with milliseconds. */
  readonly createdAt: string;
  readonly roomId: string;
  readonly seq: number;
  /** The room's, then: in another one the time alone counts. */
  readonly epoch: string;
}

/** Finds messages by what is in them. Exact: they are looked at as they are now, whatever the index has yet. */
export interface SearchStore {
  /**
   * CHAT and NOTIFICATION that contain what is wanted, the newest first. `readerId` null: the service or an admin. `before`: only below
   * this `seq`; null: all.
   */
  find(
    roomId: string,
    readerId: string | null,
    wanted: Wanted & { readonly before: number | null },
  ): Promise<readonly StoredMessage[] | 'NOT_FOUND' | 'NOT_A_MEMBER' | 'BANNED'>;
  /** The same of all rooms that somebody is in, and the rooms' epochs. `before`: only older than this one. */
  findInRooms(
    userId: string,
    wanted: Wanted & { readonly before: SearchPlace | null },
  ): Promise<{ readonly messages: readonly StoredMessage[]; readonly epochs: ReadonlyMap<string, string> }>;
}

/** The index behind it, which is written after the messages are. */
export interface SearchIndex {
  /** Rooms with `rows` and more which are not in the index yet, by id, those after one, at most `limit`. */
  behind(rows: number, limit: number, after: string): Promise<readonly string[]>;
  /**
   * Indexes a room's next messages, some hundreds. Whether there are more that can be; two at once do it once.
   * @param known messages of the room that are in memory: what is stored as it is in one of them need not be opened. Default: none
   */
  index(roomId: string, known?: readonly StoredMessage[]): Promise<boolean>;
}

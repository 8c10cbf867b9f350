/** Buyers and hosts who have not read for a while, where a webhook wants to hear of them. */
export interface AbsenceStore {
  /** Of these rooms, those with somebody of whom none was told since he read last. */
  rooms(roomIds: readonly string[], afterS: number): Promise<readonly string[]>;
  /** Records up to `limit` of a room as one event; how many. One instance does, and the others find nothing. */
  record(roomId: string, afterS: number, limit: number): Promise<number>;
  /** Rooms after `roomId`, by id, that were written to in `afterS` and the day before: at most `limit`; none where no webhook wants to hear. */
  recentRooms(roomId: string, limit: number, afterS: number): Promise<readonly string[]>;
}

/** What is older than it is kept for. */
export interface RetentionStore {
  /** Rooms that have ended and whose oldest message is older, by their ids, after one; those that are held are not among them. */
  due(days: number, afterRoomId: string, limit: number): Promise<readonly string[]>;
  /**
   * Removes the oldest messages of such a room, at most so many, with all that belongs to them; how many went. None from the
   * first on that is of a user who is held.
   */
  removeMessages(roomId: string, days: number, limit: number): Promise<number>;
  /** Rooms that ended so many days ago, by their ids, after one; none that somebody is in, or named by, who is held. */
  dueRooms(days: number, afterRoomId: string, limit: number): Promise<readonly string[]>;
  /**
   * Removes at most so many messages of such a room, or, once there are none, the room. 'kept': it is not to be removed, or can't
   * be now. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  retireRoom(roomId: string, days: number, limit: number): Promise<'more' | 'removed' | 'kept'>;
  /** Removes acts of moderation so many days old that are of no room that is there; how many went. */
  forgetActs(days: number, limit: number): Promise<number>;
  /** How many rooms are due, and how many of their messages, without removing any. */
  count(days: number): Promise<{ readonly rooms: number; readonly messages: number }>;
  /** A row of audit: somebody has it done out of turn, and what was done. `byUserId` null: the service. */
  note(
    act: 'messages.removing' | 'messages.removed',
    detail: { readonly rooms?: number; readonly messages?: number; readonly days: number },
    byUserId: string | null,
  ): Promise<void>;
}

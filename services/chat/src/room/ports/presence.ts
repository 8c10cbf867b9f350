/**
 * Which users have a socket in a room, and how many sockets there are. Eventually right; a crashed instance's users go
 * within seconds.
 */
export interface Presence {
  /** True when the user had no other socket in the room on this instance. `view` knows of the others. */
  enter(roomId: string, userId: string, connectionId: string): boolean;
  /** True when it was the user's last socket in the room on this instance. Before telling others, ask `view`. */
  leave(roomId: string, userId: string, connectionId: string): boolean;
  /** Users online in a room, on all instances, as of at most a second ago; of this one as of now. Never rejects. */
  view(roomId: string): Promise<PresenceView>;
  /** Sockets connected on all instances, in rooms or not. Never rejects. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export interface PresenceView {
  readonly count: number;
  has(userId: string): boolean;
  /** All of them; some may come twice. */
  users(): Iterable<string>;
}

/** Who is in which room with which sockets, on this instance. */
export interface RoomBook {
  /** True when the user had no other socket in the room. */
  enter(roomId: string, userId: string, connectionId: string): boolean;
  /** True when it was the user's last socket in the room. */
  leave(roomId: string, userId: string, connectionId: string): boolean;
  has(roomId: string, userId: string): boolean;
  /** Users in a room. */
  count(roomId: string): number;
  users(roomId: string): Iterable<string>;
  /** Rooms with users. */
  rooms(): Iterable<string>;
}

export function createRoomBook(): RoomBook {
  const rooms = new Map<string, Map<string, Set<string>>>();
  return {
    enter(roomId, userId, connectionId) {
      const users = rooms.get(roomId) ?? new Map<string, Set<string>>();
      rooms.set(roomId, users);
      const sockets = users.get(userId);
      if (sockets) {
        sockets.add(connectionId);
        return false;
      }
      users.set(userId, new Set([connectionId]));
      return true;
    },
    leave(roomId, userId, connectionId) {
      const users = rooms.get(roomId);
      const sockets = users?.get(userId);
      if (!users || !sockets?.delete(connectionId) || sockets.size > 0) return false;
      users.delete(userId);
      if (users.size === 0) rooms.delete(roomId);
      return true;
    },
    has: (roomId, userId) => rooms.get(roomId)?.has(userId) ?? false,
    count: (roomId) => rooms.get(roomId)?.size ?? 0,
    users: (roomId) => rooms.get(roomId)?.keys() ?? [],
    rooms: () => rooms.keys(),
  };
}

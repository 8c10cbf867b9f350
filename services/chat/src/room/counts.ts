import type { Presence, PresenceView } from './ports/presence.ts';

/** How many are with a room at the moment. */
export interface RoomCounts {
  /** Participants with a socket in it. */
  readonly online: number;
  /** Users who look and are no participants. */
  readonly watchers: number;
}

const WATCHERS = ':watchers';

/** Where presence keeps who looks at a room and is no member: no room is called so. */
export function watchersOf(roomId: string): string {
  return roomId + WATCHERS;
}

/** The room whose watchers presence keeps there; null for a room itself. */
export function watchedRoomOf(place: string): string | null {
  return place.endsWith(WATCHERS) ? place.slice(0, -WATCHERS.length) : null;
}

/** Who is online in a room, and how many look at it. Never rejects. */
export async function lookAt(
  presence: Pick<Presence, 'view'>,
  roomId: string,
): Promise<{ readonly online: PresenceView; readonly counts: RoomCounts }> {
  const [online, { count: watchers }] = await Promise.all([presence.view(roomId), presence.view(watchersOf(roomId))]);
  return { online, counts: { online: online.count, watchers } };
}

import type { Hub } from '../hub/hub.ts';
import type { Overview } from '../hub/overview/overview.ts';
import type { Attendances } from './attendance.ts';
import type { Client } from './client.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { Typing } from './typing.ts';

export interface LeavingOptions {
  readonly hub: Pick<Hub, 'detach'>;
  readonly overview: Pick<Overview, 'unwatch'>;
  readonly connections: Pick<ConnectionWatch, 'watch'>;
  readonly attendances: Pick<Attendances, 'leave'>;
  readonly typing: Pick<Typing, 'end'>;
}

/** Ends what a client has in rooms; its user's memberships stay. Harmless where it has nothing. */
export function createLeaving({ hub, overview, connections, attendances, typing }: LeavingOptions) {
  function room(client: Client, roomId: string): void {
    const { user, listener } = client;
    if (user) typing.end(client, user, roomId);
    hub.detach(roomId, listener);
    attendances.leave(client, roomId);
  }

  return {
    room,
    /** The client is gone: all of its rooms, and what else is told to it without being asked. */
    all(client: Client): void {
      connections.watch(client, false);
      overview.unwatch(client.listener);
      for (const roomId of [...client.rooms.joined, ...client.rooms.watched]) room(client, roomId);
    },
  };
}

export type Leaving = ReturnType<typeof createLeaving>;

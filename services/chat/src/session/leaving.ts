import type { Hub } from '../hub/hub.ts';
import type { Overview } from '../hub/overview/overview.ts';
import type { Client } from './client.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { PresenceTick } from './presence-tick.ts';
import type { Typing } from './typing.ts';

export interface LeavingOptions {
  readonly hub: Pick<Hub, 'detach'>;
  readonly overview: Pick<Overview, 'unwatch'>;
  readonly connections: Pick<ConnectionWatch, 'watch'>;
  readonly presenceTick: Pick<PresenceTick, 'leave'>;
  readonly typing: Pick<Typing, 'end'>;
}

/** Ends what a client has in rooms; its user's memberships stay. Harmless where it has nothing. */
export function createLeaving({ hub, overview, connections, presenceTick, typing }: LeavingOptions) {
  function room(client: Client, roomId: string): void {
    const { id, user, rooms, listener } = client;
    if (user) typing.end(client, user, roomId);
    hub.detach(roomId, listener);
    if (rooms.joined.delete(roomId) && user) presenceTick.leave(roomId, user.userId, id);
  }

  return {
    room,
    /** The client is gone: all of its rooms, and what else is told to it without being asked. */
    all(client: Client): void {
      connections.watch(client, false);
      overview.unwatch(client.listener);
      for (const roomId of [...client.rooms.joined]) room(client, roomId);
    },
  };
}

export type Leaving = ReturnType<typeof createLeaving>;

import { LIMITS, type PublicUser, publicUser, type User } from '@gongu/shared';
import type { Hub } from '../hub/hub.ts';
import type { Client } from './client.ts';

/** A room hears of one user's typing at most this often. */
const TOLD_MS = 1_000;

/** One user's typing in one room, over all his sockets. */
interface Typist {
  readonly user: PublicUser;
  /** Until when, for each of his clients that types. */
  readonly clients: Map<Client, number>;
  told: boolean;
  /** The client whose sending or going ended it. */
  endedBy: Client | null;
  toldAt: number;
}

/**
 * Who types where: told to the room when it begins, now and then while it lasts, and when it ends or was not renewed;
 * once a second at most, whatever the user's sockets say. What can't be told yet is told by `tick`, if it is still so.
 */
export function createTyping({ hub, now }: { hub: Pick<Hub, 'emit'>; now: () => number }) {
  const rooms = new Map<string, Map<string, Typist>>();

  function tell(roomId: string, typist: Typist, typing: boolean, at: number): void {
    typist.told = typing;
    typist.toldAt = at;
    typist.endedBy = null;
    hub.emit({ kind: 'typing', roomId, user: typist.user, typing });
  }

  /** Tells what is so, when it may be told; forgets who has stopped, when he may begin again at once. */
  function settle(roomId: string, typist: Typist, at: number, renewed = false): void {
    if (at - typist.toldAt < TOLD_MS) return;
    const typing = typist.clients.size > 0;
    if (typing !== typist.told || renewed) return tell(roomId, typist, typing, at);
    if (typing) return;
    const typists = rooms.get(roomId);
    typists?.delete(typist.user.userId);
    if (typists?.size === 0) rooms.delete(roomId);
  }

  return {
    start(client: Client, user: User, roomId: string): void {
      const at = now();
      const typists = rooms.get(roomId) ?? new Map<string, Typist>();
      rooms.set(roomId, typists);
      const typist = typists.get(user.userId) ?? {
        ...{ user: publicUser(user), clients: new Map(), told: false, endedBy: null, toldAt: Number.NEGATIVE_INFINITY },
      };
      typists.set(user.userId, typist);
      typist.clients.set(client, at + LIMITS.typingMs);
      // Another socket of a user who was ended by leaving, or by sending: that costs more than a word.
      if (typist.endedBy && typist.endedBy !== client) tell(roomId, typist, true, at);
      else settle(roomId, typist, at, true);
    },

    /** As the client says it. */
    stop(client: Client, user: User, roomId: string): void {
      const typist = rooms.get(roomId)?.get(user.userId);
      if (typist?.clients.delete(client)) settle(roomId, typist, now());
    },

    /** He has sent, or is gone: told at once. */
    end(client: Client, user: User, roomId: string): void {
      const typist = rooms.get(roomId)?.get(user.userId);
      if (!typist) return;
      typist.clients.delete(client);
      if (!typist.told || typist.clients.size > 0) return;
      tell(roomId, typist, false, now());
      typist.endedBy = client;
    },

    /** To be called a few times a second: ends what was not renewed, and tells what had to wait. */
    tick(): void {
      const at = now();
      for (const [roomId, typists] of rooms) {
        for (const typist of typists.values()) {
          for (const [client, until] of typist.clients) if (at >= until) typist.clients.delete(client);
          settle(roomId, typist, at);
        }
      }
    },
  };
}

export type Typing = ReturnType<typeof createTyping>;

import { LIMITS, type User } from '@gongu/shared';
import type { Hub } from '../hub/hub.ts';
import type { Client } from './client.ts';

/** A typing that is renewed is passed on at most this often. */
const PASSED_MS = 1_000;

/** Who types where: told to the room when it begins, now and then while it lasts, and when it ends or was not renewed. */
export function createTyping({ hub, now }: { hub: Pick<Hub, 'emit'>; now: () => number }) {
  function tell({ userId, nickname, tag }: User, roomId: string, typing: boolean): void {
    hub.emit({ kind: 'typing', roomId, user: { userId, nickname, tag }, typing });
  }

  function stop({ rooms }: Client, user: User, roomId: string): void {
    if (rooms.typing?.delete(roomId)) tell(user, roomId, false);
  }

  return {
    start({ rooms }: Client, user: User, roomId: string): void {
      const present = rooms.typing?.get(roomId);
      const at = now();
      const pass = !present || at - present.passedAt >= PASSED_MS;
      rooms.typing ??= new Map();
      rooms.typing.set(roomId, { until: at + LIMITS.typingMs, passedAt: pass ? at : present.passedAt });
      if (pass) tell(user, roomId, true);
    },
    stop,
    /** Ends what was not renewed. */
    sweep(client: Client, user: User, at: number): void {
      for (const [roomId, { until }] of client.rooms.typing ?? []) if (at >= until) stop(client, user, roomId);
    },
  };
}

export type Typing = ReturnType<typeof createTyping>;

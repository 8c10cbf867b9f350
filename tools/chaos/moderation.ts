import { setTimeout as sleep } from 'node:timers/promises';
import type { Participant, Restriction } from '@gongu/sim';
import type { Asking } from './asking.ts';
import type { Offer } from './shop.ts';

export interface ModerationOptions {
  readonly asking: Asking;
  /** Nobody asks any more. */
  readonly stopping: AbortSignal;
}

const RETURN_EVERY_MS = 1_000;
const RETURNS = 3;
/** How long a mute of the other kind lasts, which ends by itself. */
const TIMED_MUTE_MS = 4_000;

/** Hosts who mute and ban, and take it back: until they are answered. */
export function createModeration({ asking, stopping }: ModerationOptions) {
  const restrictions: Restriction[] = [];
  const people: string[] = [];
  /** What was asked for last, of each room and user; undefined: there is no answer yet. */
  const known = new Map<string, Restriction['restricted'] | undefined>();

  async function ask(roomId: string, hostId: string, userId: string, restricted: Restriction['restricted']) {
    const path = `/rooms/${roomId}/restrictions/${userId}`;
    const { lasting: outcome } = restricted
      ? await asking.untilAnswered(hostId, 'PUT', path, { kind: restricted })
      : await asking.untilAnswered(hostId, 'DELETE', path);
    restrictions.push({ roomId, userId, restricted, outcome });
    return outcome;
  }

  return {
    restrictions: restrictions as readonly Restriction[],
    /** All who came in only to be banned. No instance can take them for online: they have no connection. */
    people: people as readonly string[],
    /** Mutes one who talks, or lets him talk again. */
    mute({ roomId, userId }: Participant, hostId: string): void {
      const key = `${roomId} ${userId}`;
      if (known.has(key) && known.get(key) === undefined) return;
      const before = known.get(key) ?? null;
      const restricted = before === null ? 'MUTE' : null;
      known.set(key, undefined);
      asking.begin(async () => {
        const outcome = await ask(roomId, hostId, userId, restricted);
        known.set(key, typeof outcome === 'string' ? restricted : before);
      });
    },
    /** Mutes one for a few seconds, which end by themselves. */
    muteForAWhile({ roomId, userId }: Participant, hostId: string): void {
      asking.begin(async () => {
        const until = new Date(Date.now() + TIMED_MUTE_MS).toISOString();
        await asking
          .once(hostId, 'PUT', `/rooms/${roomId}/restrictions/${userId}`, { kind: 'MUTE', until })
          .catch(() => {});
      });
    },
    /** One comes, is banned and tries to come back; some are let in again. */
    ban({ id, sellerId }: Offer, userId: string, isLifted: boolean): void {
      people.push(userId);
      const join = () => asking.once(userId, 'POST', `/rooms/${id}/participants`, {}).catch(() => null);
      asking.begin(async () => {
        await join();
        if (typeof (await ask(id, sellerId, userId, 'BAN')) !== 'string') return;
        for (let i = 0; i < RETURNS && !stopping.aborted; i++) {
          await sleep(RETURN_EVERY_MS);
          await join();
        }
        if (!isLifted) return;
        await ask(id, sellerId, userId, null);
        await join();
      });
    },
  };
}

export type Moderation = ReturnType<typeof createModeration>;

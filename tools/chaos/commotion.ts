import { setTimeout as sleep } from 'node:timers/promises';
import { callAs } from '@gongu/sim';
import type { Offer } from './shop.ts';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface CommotionOptions {
  readonly system: ChaosSystem;
  /** Nobody asks any more. */
  readonly stopping: AbortSignal;
}

interface Identity {
  readonly token: string;
  readonly user: { readonly userId: string };
}

const ANSWER_MS = 6_000;
/** Together longer than the pause after a removal here, so that both sides of it are tried. */
const RETURN_EVERY_MS = 1_500;
const RETURNS = 6;
const COMINGS = 10;
const COMING_EVERY_MS = 300;
const AT_ONCE = 6;

/** People who come and go by HTTP, and say nothing: what becomes of them, the rows of their rooms tell. */
export function createCommotion({ system, stopping }: CommotionOptions) {
  const { auth, chatUrl, witness } = system;
  const counts = { asked: 0, tooSoon: 0, full: 0, lost: 0 };
  const people = new Set<string>();
  const underWay = new Set<Promise<void>>();

  const tokenOf = (userId: string) => auth.signUser({ userId, nickname: userId }, 3_600);

  /** Asks once; an answer that is lost is as good as any. */
  async function ask(
    by: string,
    method: 'POST' | 'DELETE',
    roomId: string,
    path = '',
    token = tokenOf(by),
  ): Promise<void> {
    counts.asked += 1;
    people.add(by);
    const answer = await callAs({
      ...{ token, method, url: `${chatUrl}/api/chat/rooms/${roomId}/participants${path}` },
      ...(method === 'POST' ? { body: {} } : {}),
      signal: AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]),
    }).catch(() => null);
    if (!answer) counts.lost += 1;
    else if (answer.status === 429) counts.tooSoon += 1;
    else if (answer.code === 'ROOM_FULL') counts.full += 1;
  }

  async function identity(): Promise<Identity | null> {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]);
    const answer = await fetch(`${chatUrl}/api/chat/tokens/anonymous`, { method: 'POST', signal });
    return answer.status === 200 ? ((await answer.json()) as Identity) : null;
  }

  function begin(work: () => Promise<void>): void {
    const running = work().finally(() => underWay.delete(running));
    underWay.add(running);
  }

  return {
    counts,
    /** All who asked. No instance can take them for online: they have no connection. */
    get people(): readonly string[] {
      return [...people];
    },
    /** Asked for something, and without an answer yet. */
    get underWay() {
      return underWay.size;
    },
    /** The seller sends somebody away, who tries to come back until he may. */
    removes({ id, sellerId }: Offer, userId: string): void {
      begin(async () => {
        await ask(userId, 'POST', id);
        await ask(sellerId, 'DELETE', id, `/${userId}`);
        for (let i = 0; i < RETURNS && !stopping.aborted; i++) {
          await sleep(RETURN_EVERY_MS);
          await ask(userId, 'POST', id);
        }
      });
    },
    /** Somebody comes and goes more often than he may. */
    restless({ id }: Offer, userId: string): void {
      begin(async () => {
        for (let i = 0; i < COMINGS && !stopping.aborted; i++) {
          await (i % 2 === 0 ? ask(userId, 'POST', id) : ask(userId, 'DELETE', id, `/${userId}`));
          await sleep(COMING_EVERY_MS);
        }
      });
    },
    /** Somebody without an account comes, and stays where nobody sees him; not, where the service is away. */
    nobody({ id }: Offer): void {
      begin(async () => {
        const named = await identity().catch(() => null);
        if (!named) return;
        witness.secret(named.token);
        await ask(named.user.userId, 'POST', id, '', named.token);
      });
    },
    /** Many come, and stay to the end of the room. */
    throng({ id }: Offer, userIds: readonly string[]): void {
      const waiting = [...userIds];
      begin(async () => {
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (let next = waiting.shift(); next !== undefined && !stopping.aborted; next = waiting.shift()) {
              await ask(next, 'POST', id);
            }
          }),
        );
      });
    },
  };
}

export type Commotion = ReturnType<typeof createCommotion>;

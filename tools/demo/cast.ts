import type { Event, Room } from '@gongu/shared';
import { createFaults, createLedger, type Shopper, type System, settle, startShopper, storedRoom } from '@gongu/sim';
import { createLatency, type Latency } from '@gongu/testkit';

export const SELLER = { userId: 'seller', nickname: '감귤농장' };
/** Twenty shoppers, by nickname. */
const NICKNAMES =
  '민지 서준 하은 도윤 지우 시우 서연 주원 하윤 예준 지아 건우 수아 현우 다은 지호 채원 준서 유나 은우'.split(' ');
export const SHOPPERS = NICKNAMES.map((nickname, i) => ({
  userId: `shopper-${String(i + 1).padStart(2, '0')}`,
  nickname,
}));

/** Longest wait for everybody to have everything. */
const SETTLE_MS = 30_000;

export interface CastOptions {
  readonly system: System;
  readonly roomId: string;
}

/** Everybody who is in the room, or wants to be, and what they have together. */
export function createCast({ system, roomId }: CastOptions) {
  const { auth, calls, chatUrl, sockets } = system;
  const faults = createFaults();
  const ledger = createLedger({ roomId, faults });
  const people = new Map<string, { shopper: Shopper; nickname: string }>();
  const roomUrl = `${chatUrl}/api/chat/rooms/${roomId}`;
  const kept = storedRoom((path) => calls.service('GET', roomUrl + path));
  const listeners = new Set<(who: Shopper, frame: Event) => void>();
  let acks: Latency = createLatency();
  let receipts: Latency = createLatency();

  const everybody = () => [...people.values()].map(({ shopper }) => shopper);
  const present = () => everybody().filter(({ place }) => place === 'in');

  return {
    ledger,
    faults,
    everybody,
    /** Those who have the room now. */
    present,
    nicknameOf: (shopper: { userId: string }) => people.get(shopper.userId)?.nickname ?? shopper.userId,
    shopper: (userId: string) => people.get(userId)!.shopper,
    token: (person: { userId: string; nickname: string }, roles: readonly string[] = []) =>
      auth.signUser({ ...person, roles }, 3_600),

    /** One person begins to connect and to join. @param urls @default where everybody connects */
    enter(person: { userId: string; nickname: string }, urls: readonly string[] = sockets): Shopper {
      const turn = people.size % urls.length;
      const shopper = startShopper({
        userId: person.userId,
        token: () => auth.signUser(person, 3_600),
        urls: [...urls.slice(turn), ...urls.slice(0, turn)],
        ledger,
        firstReturnMs: 400,
        mostReturnMs: 2_000,
        observe: {
          onFrame(frame) {
            for (const onFrame of listeners) onFrame(shopper, frame);
          },
          onAcknowledged: (ms) => acks.record(ms),
          onReceived: (ms) => receipts.record(ms),
        },
      });
      people.set(person.userId, { shopper, nickname: person.nickname });
      return shopper;
    },

    /** Gets all frames of everybody, until the returned function is called. */
    listen(onFrame: (who: Shopper, frame: Event) => void): () => void {
      listeners.add(onFrame);
      return () => listeners.delete(onFrame);
    },

    /** Times from now on; those so far are gone. */
    measure(): void {
      acks = createLatency();
      receipts = createLatency();
    },
    times: () => ({ ack: acks.summary(), receipt: receipts.summary() }),

    room: () => calls.service<Room>('GET', roomUrl),
    stored: kept.messages,

    /** Waits until everybody is back, has everything, and knows of everything he said. @throws Error when not */
    async settled(): Promise<void> {
      if (await settle({ shoppers: everybody(), head: kept.head, timeoutMs: SETTLE_MS })) return;
      const behind = everybody().filter(({ place, unanswered }) => place === 'away' || unanswered > 0);
      throw new Error(`after ${SETTLE_MS / 1_000} s not everybody has everything; ${behind.length} wait for an answer`);
    },

    close(): void {
      for (const shopper of everybody()) shopper.close();
    },
  };
}

export type Cast = ReturnType<typeof createCast>;
